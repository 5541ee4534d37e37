// Tries a request from the documents page and shows the answer below the form.
"use strict";

function address(form) {
  const query = new URLSearchParams();
  let path = form.dataset.path;
  for (const field of form.querySelectorAll("input[name]")) {
    const value = field.value.trim();
    if (field.dataset.place === "path") path = path.replace("{" + field.name + "}", encodeURIComponent(value));
    else if (value !== "") query.append(field.name, value);
  }
  const text = query.toString();
  return text ? path + "?" + text : path;
}

async function attempt(form) {
  const output = form.nextElementSibling;
  const key = document.getElementById("key").value.trim();
  const url = address(form);
  output.hidden = false;
  output.textContent = "GET " + url;
  try {
    const answer = await fetch(url, { headers: key ? { "X-API-Key": key } : {} });
    const type = answer.headers.get("content-type") || "";
    let text = await answer.text();
    if (type.includes("json")) text = JSON.stringify(JSON.parse(text), null, 2);
    if (text.length > 20000) text = text.slice(0, 20000) + "\n…";
    output.textContent = "GET " + url + "\n" + answer.status + " " + type + "\n\n" + text;
  } catch (error) {
    output.textContent = "GET " + url + "\n" + error;
  }
}

for (const form of document.querySelectorAll("form[data-path]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form);
  });
}
