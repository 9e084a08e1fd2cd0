/**
 * The Date line of responses, made once a second.
 * Source: RFC 9110 section 6.6.1.
 */

let second = 0;
let line = "";

/** "Date: Tue, 15 Nov 1994 08:12:31 GMT" with its line end. */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return line;
}
