import assert from "node:assert/strict";
import { test } from "node:test";
import { line } from "../public/jobs.js";

test("a job is one line, with what is known of it", () => {
  const job = { title: "Baker", location: "Bern", salary_min: 50, salary_max: 70, application_count: 1 };
  assert.equal(line(job), "Baker · Bern · 50 to 70 · 1 application");
  assert.equal(line({ ...job, salary_max: null, application_count: 0 }), "Baker · Bern · from 50 · 0 applications");
  assert.equal(line({ ...job, location: null, salary_min: null }), "Baker · up to 70 · 1 application");
  assert.equal(line({ ...job, salary_min: null, salary_max: null }), "Baker · Bern · 1 application");
});
