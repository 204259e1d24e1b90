// Loaded before a client that has no setting for the API's host: what is meant for Cloudflare goes to the account that
// CLOUDFLARE_BASE_URL names. Whatever is meant for somebody else is refused.
const http = require("node:http");
const https = require("node:https");

const api = "https://api.cloudflare.com/client/v4";
const account = process.env.CLOUDFLARE_BASE_URL;

function turned(url) {
  if (url.startsWith(`${api}/`)) return account + url.slice(api.length);
  if (new URL(url).origin === new URL(account).origin) return url;
  throw new Error(`a client asked for ${url}`);
}

const fetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  if (input instanceof Request) return fetch(new Request(turned(input.url), input), init);
  return fetch(turned(String(input)), init);
};

const request = http.request;
http.request = https.request = (url, ...rest) => request(turned(String(url)), ...rest);
