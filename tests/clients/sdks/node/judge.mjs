// Calls of the SDK, each printed in one line: the call, and what became of it.

import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";

const { Cloudflare } = createRequire(import.meta.url)("cloudflare");

export const ACCOUNT = process.env.CLOUDFLARE_ACCOUNT_ID;
export const BINARY = Uint8Array.from({ length: 256 }, (_, at) => at);

/** Methods of the user take no account. */
const ofUser = /^(user|memberships|accounts\.list)\b/;

export class Judge {
  constructor(options = {}) {
    this.client = new Cloudflare({ maxRetries: 0, ...options });
    this.call = this.call.bind(this);
  }

  /** Calls a method, as `kv.namespaces.list`, and gives what came back; of a list, the rows of all its pages. */
  async call(path, ...args) {
    const show = typeof args.at(-1) === "function" ? args.pop() : (value) => value;
    const title = `${path}(${args.map(short).join(", ")})`;
    if (!ofUser.test(path)) {
      const given = args.at(-1);
      const options = isOptions(given) ? args.pop() : {};
      args.push({ account_id: ACCOUNT, ...options });
    }
    const names = path.split(".");
    const method = names.pop();
    const resource = names.reduce((at, name) => at[name], this.client);
    return this.outcome(title, () => resource[method](...args), show);
  }

  /** Prints what a call came to, and gives it. */
  async outcome(title, promised, show = (value) => value) {
    try {
      const value = await plain(promised());
      console.log(`${title} -> ${text(show(value))}`);
      return value;
    } catch (error) {
      if (!(error instanceof Cloudflare.APIError)) throw error;
      const problems = (error.errors ?? []).map(({ code, message }) => `${code} ${message}`);
      console.log(`${title} = ${error.status} ${problems.join("; ")}`);
    }
  }

  /** Prints whether what was found is what was put. */
  same(title, found, put) {
    const isSame = isDeepStrictEqual(found, put);
    console.log(`${title}: ${isSame ? "as put" : `PUT ${text(put)}, FOUND ${text(found)}`}`);
  }
}

function isOptions(value) {
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !(value instanceof Blob);
}

async function plain(promise) {
  const value = await promise;
  if (value?.[Symbol.asyncIterator]) {
    const rows = [];
    for await (const row of value) rows.push(row);
    return rows;
  }
  return value instanceof Response ? new Uint8Array(await value.arrayBuffer()) : value;
}

/** As JSON with sorted keys; files and bytes by their length. */
function text(value) {
  const plainly = (_, at) => {
    if (at instanceof File) return `file of ${at.size} bytes`;
    if (ArrayBuffer.isView(at)) return `${at.length} bytes`;
    return isOptions(at) && !Array.isArray(at) ? sorted(at) : at;
  };
  return JSON.stringify(value, plainly) ?? "nothing";
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function short(value) {
  const words = text(value);
  return words.length > 90 ? `${words.length} characters` : words;
}
