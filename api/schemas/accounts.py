"""Sessions and accounts as they are asked for and documented."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from boundaries.accounts import ROLES
from boundaries.tiers import DEPARTMENTS, Tier

AccountName = Annotated[
    str, Field(min_length=1, max_length=50, description="账号名 / name of the account", examples=["wang.fang"])
]
Password = Annotated[str, Field(min_length=1, max_length=200, examples=["Yangtze-2026"])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HeldRole(_Body):
    """A role, and where it is held."""

    role: Annotated[str, Field(max_length=30, json_schema_extra={"enum": [*ROLES]}, examples=["planner"])]
    area: Annotated[
        str | None,
        Field(
            max_length=100,
            description="区域编码,不写为全部 / code of an area; none is everywhere",
            examples=["321081001"],
        ),
    ] = None
    department: Annotated[
        str | None,
        Field(
            max_length=30,
            json_schema_extra={"enum": [*DEPARTMENTS, None]},
            description="只填写该部门的内容,不写为全部 / writes what this department keeps; none is all",
            examples=[None],
        ),
    ] = None


class SignIn(_Body):
    """Name and password."""

    name: AccountName
    password: Password


class NewPassword(_Body):
    """The password in use, and the one to come."""

    old: Password
    new: Password


class SetPassword(_Body):
    """A first password, which its holder must change at once."""

    password: Password


class NewAccount(_Body):
    """An account to be opened; it has no role yet."""

    name: AccountName
    display_name: Annotated[
        str, Field(min_length=1, max_length=50, description="姓名或称呼 / what others call them", examples=["王芳"])
    ]
    password: Annotated[
        Password | None,
        Field(description="初始密码;从统一认证登录的不写 / first password; none for who signs in elsewhere"),
    ] = None


class Roles(_Body):
    """All the roles of an account."""

    roles: Annotated[list[HeldRole], Field(max_length=100)]


class Identity(_Body):
    """Who somebody is at the office's own sign-in service; none to unlink."""

    subject: Annotated[str | None, Field(min_length=1, max_length=255, examples=["u-10086"])]


class Account(BaseModel):
    """An account."""

    name: Annotated[str, Field(examples=["wang.fang"])]
    display_name: Annotated[str, Field(examples=["王芳"])]
    roles: list[HeldRole]
    has_password: Annotated[bool, Field(examples=[True])]
    must_change: bool
    subject: Annotated[str | None, Field(examples=[None])] = None
    locked_until: Annotated[datetime | None, Field(examples=[None])] = None
    disabled_at: Annotated[datetime | None, Field(examples=[None])] = None
    created_by: Annotated[str, Field(examples=["zhang.wei"])]
    created_at: datetime


class AccountList(BaseModel):
    """Every account, and the roles that somebody must still be given."""

    accounts: list[Account]
    missing_roles: Annotated[list[str], Field(examples=[["publisher"]])]


class Reach(BaseModel):
    """How far a scope reaches; areas and departments are null where nothing limits them."""

    tier: Tier
    areas: Annotated[list[str] | None, Field(examples=[["321081001"]])]
    departments: Annotated[list[str] | None, Field(examples=[None])]


class WhoAmI(BaseModel):
    """Who is asking, and what is open to them."""

    account: Annotated[str, Field(examples=["wang.fang"])]
    must_change: bool
    scopes: Annotated[
        dict[str, Reach],
        Field(examples=[{"drafts:write": {"tier": "internal", "areas": ["321081001"], "departments": None}}]),
    ]
