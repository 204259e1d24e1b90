export default {
  async fetch(request, env) {
    const { results } = await env.DB.prepare("SELECT id, total FROM orders").all();
    return Response.json(results);
  },
};
