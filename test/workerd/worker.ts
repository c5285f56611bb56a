export default {
  fetch: () => new Response("This Worker only exists for its bindings.", { status: 404 }),
};
