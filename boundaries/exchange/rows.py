"""Rows of a table under their fields, and the list of what is refused in them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.errors import BadInput, RefusedRow, RefusedRows
from boundaries.exchange.headers import Synonyms, normal_form, recognise
from boundaries.exchange.shapes import POLYGONAL, Form, Shapes, fault, form_of, implausible, simplest
from boundaries.exchange.tables import Table
from boundaries.exchange.values import BLANKS
from geo.crs import parse_crs

T = TypeVar("T")

_EXPONENT = re.compile(r"^\d(\.\d+)?[eE]\+?\d+$")
# A spreadsheet keeps fifteen digits of a number and turns the rest into zeros.
_SPREADSHEET_DIGITS = 15
_LONG_CODE = 9
# Layers of which checks report every shape that is none.
_REPORTED = frozenset({"grids", "areas"})


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """Values read from a table, with the user's row number of each."""

    values: tuple[T, ...]
    rows: tuple[int, ...]
    table: Table
    fields: Mapping[str, str]

    def refusal(self, index: int, *, field: str | None, value: str, zh: str, en: str) -> RefusedRow:
        """A refusal of one value, with its place in the file."""
        return RefusedRow(self.table.file, self.rows[index], self.fields.get(field or ""), value, zh, en)


@dataclass
class Rows:
    """A table under the fields of one layer; gathers refusals as it is read."""

    table: Table
    layer: str
    fields: dict[str, str]
    is_strict: bool
    refused: list[RefusedRow] = field(default_factory=list)
    _cells: dict[str, list[str | None]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        table: Table,
        layer: str,
        *,
        columns: Mapping[str, str] | None = None,
        synonyms: Synonyms | None = None,
        is_strict: bool = True,
    ) -> "Rows":
        """Recognise the columns of a table.

        Raises
        ------
        BadInput
            If ``columns`` names a field or header that does not exist.
        """
        return cls(table, layer, recognise(layer, table.columns, named=columns, extra=synonyms), is_strict)

    def __len__(self) -> int:
        return len(self.table)

    def refuse(self, index: int, column: str | None, value: str | None, zh: str, en: str) -> None:
        """Note that a row cannot be loaded."""
        number = int(self.table.row_numbers[index])
        self.refused.append(RefusedRow(self.table.file, number, column, value or "", zh, en))

    def finish(self) -> None:
        """Raise all refusals at once, in file order.

        Raises
        ------
        RefusedRows
            If there is any.
        """
        if self.refused:
            raise RefusedRows(sorted(self.refused, key=lambda row: row.row or 0))

    def parsed(self, values: Sequence[T]) -> Parsed[T]:
        """What was read, one value for each row.

        Raises
        ------
        RefusedRows
            If any row was refused.
        """
        self.finish()
        return Parsed(tuple(values), tuple(int(number) for number in self.table.row_numbers), self.table, self.fields)

    def require(self, *names: str) -> None:
        """Refuse a file in which a field has no column.

        Raises
        ------
        BadInput
            Naming the columns that the file has.
        """
        for name in names:
            if name not in self.fields:
                has_zh, has_en = "、".join(self.table.columns), ", ".join(self.table.columns)
                raise BadInput(
                    f"{self.table.file}:找不到“{name}”对应的列。请用 --column {name}=表头 指明。现有的列:{has_zh}。",
                    f'{self.table.file}: no column for "{name}". Name it: --column {name}=HEADER. It has: {has_en}.',
                )

    def text(self, index: int, name: str) -> str | None:
        """A field as text; None where it is blank or has no column."""
        column = self.fields.get(name)
        if column is None:
            return None
        if column not in self._cells:
            self._cells[column] = [
                None if value is None or value.casefold() in BLANKS else value for value in self.table.values(column)
            ]
        return self._cells[column][index]

    def cell(self, index: int, column: str) -> str | None:
        """A cell by its header; None where it is blank."""
        value = self.table.rows[column].iloc[index]
        return None if value is None or value.casefold() in BLANKS else str(value)

    def phone_column(self, name: str) -> str | None:
        """The column that holds the phones beside a column of people: ``网格长电话``."""
        header = normal_form(self.fields[name])
        wanted = {header + ending for ending in ("电话", "手机", "手机号", "联系电话", "手机号码", "phone")}
        return next((column for column in self.table.columns if normal_form(column) in wanted), None)

    def needed(self, index: int, name: str) -> str:
        """A field that may not be blank; refused where it is."""
        value = self.text(index, name)
        if value is None:
            self.refuse(index, self.fields.get(name, name), None, "不能为空。请补填", "must not be blank. Fill it in")
        return value or ""

    def read(self, index: int, name: str, reader: Callable[[str], T | None], zh: str, en: str) -> T | None:
        """A field read as a value; refused with the given reason where that fails."""
        raw = self.text(index, name)
        if raw is None:
            return None
        value = reader(raw)
        if value is None:
            self.refuse(index, self.fields[name], raw, zh, en)
        return value

    def check_code(self, name: str) -> None:
        """Refuse codes that a spreadsheet has spoilt: lost zeros, lost digits, exponents."""
        column = self.fields.get(name)
        if column is None:
            return
        values = self.table.values(column)
        numeric = self.table.numeric.get(column, np.zeros(len(values), dtype=bool))
        usual = _usual_length(values, numeric)
        for index, value in enumerate(values):
            if value is None:
                continue
            if _EXPONENT.match(value) or (numeric[index] and len(value) > _SPREADSHEET_DIGITS):
                self.refuse(
                    index, column, value,
                    "编码被表格软件当作数字,末尾的数字已丢失。请把该列设为“文本”格式,从原始资料重新填写",
                    "the code was stored as a number and has lost digits. Format the column as text and enter it again",
                )  # fmt: skip
            elif usual is not None and numeric[index] and len(value) < usual:
                self.refuse(
                    index, column, value,
                    f"编码只有 {len(value)} 位,其他为 {usual} 位:被当作数字存放,可能丢了前面的 0。"
                    "请把该列设为“文本”格式后重新填写",
                    f"the code has {len(value)} digits, others {usual}: stored as a number, it may have lost leading "
                    "zeros. Format the column as text and enter it again",
                )  # fmt: skip

    def unique(self, keys: Iterable[str], name: str) -> None:
        """Refuse keys that stand twice, naming both rows; only where strict."""
        if not self.is_strict:
            return
        first: dict[str, int] = {}
        for index, key in enumerate(keys):
            if key and key in first:
                other = int(self.table.row_numbers[first[key]])
                self.refuse(
                    index, self.fields.get(name), key,
                    f"与第 {other} 行重复。请改正其中一个",
                    f"stands in row {other} too. Correct one of them",
                )  # fmt: skip
            first.setdefault(key, index)

    def shapes(self, *forms: Form, one_part: bool = False) -> Shapes:
        """The shape of every row, refused where it cannot be used.

        Where not strict, missing, broken and several-part polygons pass, and collections
        among polygons, a missing one as an empty polygon, so that checks can report them;
        among polygons that are grids or areas points and lines too.

        Raises
        ------
        BadInput
            If the table has no shapes or coordinates, or they cannot be in their system.
        CrsProblem
            If nobody said which system the coordinates are in.
        """
        geometry = self._geometry()
        if self.table.crs is None:
            parse_crs(None)
        told = {row.row for row in self.refused}
        # A file of lines or points alone is the wrong file, and refused as such.
        is_reported = self.layer in _REPORTED and bool(np.isin(shapely.get_type_id(geometry), POLYGONAL).any())
        result = np.empty(len(self), dtype=object)
        for index, shape in enumerate(geometry):
            simple = shape if shape is None or self._is_told(shape, forms) else simplest(shape)
            problem = fault(simple, forms=forms, one_part=one_part)
            # A row whose coordinates were refused already needs no second refusal.
            is_told = simple is None and int(self.table.row_numbers[index]) in told
            if (
                problem is not None
                and not is_told
                and (self.is_strict or not (is_reported or _reportable(simple, forms)))
            ):
                self.refuse(index, None, None, *problem)
            result[index] = shapely.Polygon() if simple is None else simple
        if self.is_strict and self.table.crs is not None:
            for index, apart_m in implausible(result, self.table.crs, file=self.table.file).items():
                far = f"{apart_m / 1000:,.0f}"
                self.refuse(
                    index,
                    None,
                    None,
                    f"距本文件其他图形约 {far} 公里,不在 {self.table.crs.name} 的使用范围内。请核对坐标",
                    f"lies about {far} km from the file's other shapes, outside where {self.table.crs.name} is used. "
                    "Check its coordinates",
                )
        return result

    def _is_told(self, shape: BaseGeometry, forms: tuple[Form, ...]) -> bool:
        """Whether checks report a collection; then it is not made simpler on the quiet."""
        return not self.is_strict and forms == ("polygon",) and shape.geom_type == "GeometryCollection"

    @property
    def has_shapes(self) -> bool:
        """Whether the table has shapes or columns of coordinates."""
        return self.table.geometry is not None or "wkt" in self.fields or {"x", "y"} <= set(self.fields)

    def shapes_or_none(self, *forms: Form) -> Shapes:
        """As :meth:`shapes`, and empty polygons for all where the table has none.

        Raises
        ------
        BadInput
            If the coordinates cannot be in their system.
        CrsProblem
            If nobody said which system the coordinates are in.
        """
        if self.has_shapes:
            return self.shapes(*forms)
        result: Shapes = np.full(len(self), shapely.Polygon(), dtype=object)
        return result

    def _geometry(self) -> Shapes:
        if self.table.geometry is not None:
            return self.table.geometry
        if "wkt" in self.fields:
            return self._from_wkt()
        if "x" not in self.fields or "y" not in self.fields:
            raise BadInput(
                f"{self.table.file}:没有图形,也找不到坐标列(经度、纬度或 x、y)。"
                "请用 --column x=表头 --column y=表头 指明。",
                f"{self.table.file}: no shapes and no coordinate columns (经度 纬度, x y). "
                "Name them with --column x=HEADER --column y=HEADER.",
            )
        x, y = self._numbers("x"), self._numbers("y")
        points: Shapes = np.asarray(shapely.points(x, y), dtype=object)
        points[~(np.isfinite(x) & np.isfinite(y))] = None
        return points

    def _numbers(self, name: str) -> Any:
        numbers = np.full(len(self), np.nan)
        for index in range(len(self)):
            raw = self.text(index, name)
            try:
                numbers[index] = float(raw.rstrip("°")) if raw is not None else np.nan
            except ValueError:
                self.refuse(
                    index, self.fields[name], raw, "坐标不是数字。请写十进制数,如 119.182345",
                    "is not a number. Write decimals, such as 119.182345",
                )  # fmt: skip
        return numbers

    def _from_wkt(self) -> Shapes:
        texts = [self.text(index, "wkt") for index in range(len(self))]
        shapes: Shapes = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
        return np.asarray(shapely.force_2d(shapes), dtype=object)


def _reportable(shape: BaseGeometry | None, forms: tuple[Form, ...]) -> bool:
    """Whether checks can report a faulty shape: it is of the right form, or missing among polygons."""
    if shape is None or shape.is_empty or shape.geom_type == "GeometryCollection":
        return forms == ("polygon",)
    return form_of(shape) in forms


def _usual_length(values: list[str | None], numeric: Any) -> int | None:
    """How long the codes of a column ought to be; None where lengths say nothing."""
    as_words = Counter(
        len(value)
        for value, is_number in zip(values, numeric, strict=True)
        if value and not is_number and value.isdigit()
    )
    if as_words:
        return as_words.most_common(1)[0][0]
    lengths = {len(value) for value in values if value is not None}
    longest = max(lengths, default=0)
    return longest if longest >= _LONG_CODE else None
