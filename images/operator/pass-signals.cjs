/**
 * Loaded before Pepr's controller.js, which is the first process of the container, runs the module as a child and passes
 * no signal on: without this the module never hears that its Pod is to end, and its leader lease must run out. Both are
 * one process group, so one signal to the group reaches the module; the controller ends when the module has.
 */
"use strict";

if (/[/\\]pepr[/\\]dist[/\\]controller\.js$/.test(process.argv[1] ?? "")) {
  for (const signal of ["SIGTERM", "SIGINT"]) {
    // Once: it comes back to this process too.
    process.once(signal, () => {
      process.on(signal, () => undefined);
      process.kill(0, signal);
    });
  }
}
