// Every method of the SDK for TypeScript whose route the local account serves.

import { Judge } from "./judge.mjs";
import kv from "./kv.mjs";
import r2 from "./r2.mjs";
import { d1, gateway, identity, vectorize } from "./others.mjs";

const judge = new Judge();
for (const service of [identity, kv, r2, vectorize, gateway, d1]) {
  console.log(`# ${service.name}`);
  await service(judge);
}
