/** The app procmgr serves in the bench: the same hello as all the others. */

export default {
  fetch(): Response {
    return new Response("Hello, world!\n");
  },
};
