// Writes a text as JavaScript quotes it: a JSON object of the names of writings to what they give.
const { inspect } = require("util");
const { stringify } = require("querystring");
const text = process.argv[2];
const url = new URL("https://example.com/");
url.searchParams.set("a", text);
url.pathname = text;
url.hash = text;
console.log(JSON.stringify({
  "encodeURIComponent": encodeURIComponent(text),
  "encodeURIComponent twice": encodeURIComponent(encodeURIComponent(text)),
  "encodeURI": encodeURI(text),
  "escape": escape(text),
  "URLSearchParams": new URLSearchParams({ a: text }).toString(),
  "querystring": stringify({ a: text }),
  "URL with it in its query": url.search,
  "JSON.stringify": JSON.stringify(text),
  "JSON.stringify twice": JSON.stringify(JSON.stringify({ a: text })),
  "JSON for a script element": JSON.stringify(text).replace(/</g, "\\u003c").replace(/>/g, "\\u003e").replace(/&/g, "\\u0026"),
  "inspect": inspect(text),
  "inspect of an object": inspect({ a: text }),
  "entities of a template": text.replace(/[&<>"'`=\/]/g, (letter) => "&#x" + letter.charCodeAt(0).toString(16).toUpperCase() + ";"),
  "base64url": Buffer.from(text).toString("base64url"),
  "base64 with lines": Buffer.from("user:" + text + ":and so on").toString("base64").replace(/.{24}/g, "$&\n"),
}));
