// Loaded before a client that has no setting for the API's host: what is meant for Cloudflare goes to the account that
// CLOUDFLARE_BASE_URL names. Whoever else is asked, is not reached: a connection that leaves this machine is refused.
const http = require("node:http");
const https = require("node:https");
const net = require("node:net");

const api = "https://api.cloudflare.com/client/v4/";
const turned = (url) => (url.startsWith(api) ? `${process.env.CLOUDFLARE_BASE_URL}/${url.slice(api.length)}` : url);

const fetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  if (input instanceof Request) return fetch(new Request(turned(input.url), input), init);
  return fetch(turned(String(input)), init);
};

const request = https.request;
https.request = (url, ...rest) => {
  const other = turned(String(url));
  return other === String(url) ? request(url, ...rest) : http.request(other, ...rest);
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...all) {
  const [first, second] = Array.isArray(all[0]) ? all[0] : all;
  const host = typeof first === "object" ? first.host : typeof second === "string" ? second : undefined;
  if (host && !["127.0.0.1", "::1", "localhost"].includes(host)) throw new Error(`a client asked for ${host}`);
  return connect.apply(this, all);
};
