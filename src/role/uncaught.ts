/**
 * Errors that nobody caught, as one line. What the app's own listeners
 * prevented counts as caught, so ours must be the last to be asked.
 */

import { describeFailure } from "../app/failure.ts";

/**
 * Call `onCrashed` with a line for each error that nobody caught. The result
 * is to be called with the app's path before and after user code had a chance
 * to listen, too: listening anew makes ours the last.
 */
export function catchUncaught(
  onCrashed: (reason: string) => void,
): (app: string) => void {
  let app = "";
  const crash = (event: Event, what: string, error: unknown): void => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    onCrashed(`app "${app}" ${what}: ${describeFailure(error)}`);
  };
  const onRejection = (event: PromiseRejectionEvent): void =>
    crash(event, "left a rejection unhandled", event.reason);
  const onError = (event: ErrorEvent): void =>
    crash(event, "threw an error that nobody caught", event.error);
  return (path) => {
    app = path;
    removeEventListener("unhandledrejection", onRejection);
    removeEventListener("error", onError);
    addEventListener("unhandledrejection", onRejection);
    addEventListener("error", onError);
  };
}
