// The smallest Worker that uses what Larder provisions: `/health` asks the database how many migrations it has, `/jobs`
// lists the open jobs and keeps the list in a KV namespace for a minute.

const KEPT = "jobs:open";
const KEPT_SECONDS = 60; // KV takes no less

async function health(env) {
  const row = await env.DB.prepare("SELECT count(*) AS migrations FROM d1_migrations").first();
  return answer({ ok: true, migrations: row.migrations });
}

async function jobs(env) {
  const kept = await env.JOB_ANALYSIS_CACHE.get(KEPT, "json");
  if (kept !== null) return answer(kept);
  const { results } = await env.DB.prepare(
    "SELECT id, title, location, salary_min, salary_max, application_count FROM jobs WHERE status = 'open' ORDER BY created_at DESC, id LIMIT 50",
  ).all();
  await env.JOB_ANALYSIS_CACHE.put(KEPT, JSON.stringify(results), { expirationTtl: KEPT_SECONDS });
  return answer(results);
}

const ROUTES = { "/health": health, "/jobs": jobs };

// The pages have an address of their own, and what is listed here is public.
function answer(value, status = 200) {
  return Response.json(value, { status, headers: { "access-control-allow-origin": "*" } });
}

export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname;
    if (!Object.hasOwn(ROUTES, path)) return answer({ error: "there is nothing here" }, 404);
    if (request.method !== "GET") return answer({ error: "only GET is answered here" }, 405);
    try {
      return await ROUTES[path](env);
    } catch (error) {
      console.error(error);
      return answer({ error: "the database does not answer" }, 503);
    }
  },
};
