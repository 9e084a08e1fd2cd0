/** Slices of real files as streams, and that none stays open. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { FileShorterError, streamOf, streamOfPieces } from "./file_body.ts";

/** A file with known bytes, and whether it is still open. */
class TestFile implements Disposable {
  readonly path = Deno.makeTempFileSync();
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly file: Deno.FsFile;

  constructor(length: number) {
    this.bytes = new Uint8Array(length).map((_, index) => index % 251);
    Deno.writeFileSync(this.path, this.bytes);
    this.file = Deno.openSync(this.path);
  }

  get isOpen(): boolean {
    return [...Deno.readDirSync("/proc/self/fd")].some(({ name }) =>
      linkOf(name) === this.path
    );
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path);
  }
}

function linkOf(name: string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${name}`);
  } catch {
    return "";
  }
}

async function readAll(stream: ReadableStream): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("streamOf() reads just the slice and closes the file", async () => {
  using test = new TestFile(200_000);
  const { file, bytes } = test;
  const all = await readAll(streamOf({ file, offset: 3, length: 150_000 }));
  assertEquals(all, bytes.subarray(3, 150_003));
  assertEquals(test.isOpen, false);
});

Deno.test("streamOf() reads nothing that is not asked for", async () => {
  using test = new TestFile(200_000);
  const { file } = test;
  const reader = streamOf({ file, offset: 0, length: 200_000 }).getReader();
  assertEquals((await reader.read()).value?.length, 65_536);
  assertEquals(file.seekSync(0, Deno.SeekMode.Current), 65_536);
  await reader.cancel();
  assertEquals(test.isOpen, false);
});

Deno.test("streamOf() closes the file when it is cancelled unread", async () => {
  using test = new TestFile(10);
  await streamOf({ file: test.file, offset: 0, length: 10 }).cancel();
  assertEquals(test.isOpen, false);
});

Deno.test("streamOf() fails when the file became shorter", async () => {
  using test = new TestFile(1000);
  const { file } = test;
  Deno.truncateSync(test.path, 400);
  const stream = streamOf({ file, offset: 0, length: 1000 });
  await assertRejects(() => readAll(stream), FileShorterError, "by 600");
  assertEquals(test.isOpen, false);
});

Deno.test("streamOf() sends no more when the file became longer", async () => {
  using test = new TestFile(1000);
  const stream = streamOf({ file: test.file, offset: 0, length: 1000 });
  Deno.writeFileSync(test.path, new Uint8Array(50), { append: true });
  assertEquals(await readAll(stream), test.bytes);
});

Deno.test("streamOfPieces() sends bytes and slices in turn", async () => {
  using test = new TestFile(100);
  const text = new TextEncoder().encode("between");
  const pieces = [{ offset: 90, length: 10 }, text, { offset: 0, length: 1 }];
  const all = await readAll(streamOfPieces(test.file, pieces));
  const expected = [...test.bytes.subarray(90), ...text, test.bytes[0]];
  assertEquals([...all], expected);
  assert(!test.isOpen);
});
