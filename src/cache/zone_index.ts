/**
 * The index of a zone: what is in it, in the order of its last use, by hash
 * and by tag. A file of SQLite in the zone that the cache manager alone opens;
 * everything in it can be learnt from the zone's files again, but for when
 * they were used.
 *
 * The totals are kept by triggers, in the same transaction as what they count:
 * during a reload two managers have the same index for a moment.
 *
 * What SQLite refuses is thrown. Source: https://sqlite.org/wal.html
 */

import { DatabaseSync } from "node:sqlite";
import type { Candidate } from "./evict.ts";
import { BLOCK_BYTES } from "./key.ts";
import type { FiledEntry, Purge } from "./notice.ts";

/** Its file in the zone, hidden from who walks through it. */
export const INDEX = ".index";

/** What belongs to such a file. */
const SUFFIXES = ["", "-wal", "-shm"] as const;

/** An index of another version is made anew. */
const VERSION = 2;

/** Waiting for the other manager of a reload. */
const BUSY_MS = 2000;

const SCHEMA = `
  create table entry (
    hash blob primary key,
    bytes integer not null,
    stored integer not null,
    used integer not null
  ) without rowid;
  create index entry_used on entry (used, stored);
  create table tag (
    tag text not null,
    hash blob not null,
    primary key (tag, hash)
  ) without rowid;
  create index tag_hash on tag (hash);
  create table total (
    entries integer,
    bytes integer,
    is_clean integer,
    is_complete integer
  );
  insert into total values (0, 0, 0, 0);
  create trigger entry_more after insert on entry begin
    update total set entries = entries + 1, bytes = bytes + new.bytes;
  end;
  create trigger entry_other after update of bytes on entry begin
    update total set bytes = bytes + new.bytes - old.bytes;
  end;
  create trigger entry_less after delete on entry begin
    update total set entries = entries - 1, bytes = bytes - old.bytes;
    delete from tag where hash = old.hash;
  end;
  pragma user_version = ${VERSION};
`;

/** Small: the order of a million entries needs no memory, only the disk. */
const PRAGMAS = `
  pragma busy_timeout = ${BUSY_MS};
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma wal_autocheckpoint = 128;
  pragma journal_size_limit = 524288;
  pragma cache_size = -8192;
`;

/** What there is, all together. */
export interface Totals {
  readonly entries: number;
  readonly bytes: number;
}

type Row = Readonly<Record<string, unknown>>;

/** The index of one zone, open. */
export class ZoneIndex {
  /** Nobody was interrupted who had it open: what it says can be trusted. */
  readonly wasClean: boolean;
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #statements = new Map<
    string,
    ReturnType<DatabaseSync["prepare"]>
  >();

  constructor(zone: string) {
    this.#path = `${zone}/${INDEX}`;
    this.#db = new DatabaseSync(this.#path);
    try {
      this.#db.exec(PRAGMAS);
      const version = this.#rows("pragma user_version")[0]?.["user_version"];
      if (version !== VERSION) this.#make();
      this.wasClean = this.#rows("select is_clean from total")[0]
        ?.["is_clean"] === 1;
      this.#db.exec("update total set is_clean = 0");
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Remove the index of a zone; nobody has it open. */
  static remove(zone: string): void {
    for (const suffix of SUFFIXES) {
      try {
        Deno.removeSync(`${zone}/${INDEX}${suffix}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  get totals(): Totals {
    const [row] = this.#rows("select entries, bytes from total");
    return {
      entries: Number(row?.["entries"]),
      bytes: Number(row?.["bytes"]),
    };
  }

  /** What the index itself takes on the disk. */
  get ownBytes(): number {
    let bytes = 0;
    for (const suffix of SUFFIXES) {
      try {
        bytes += inBlocks(Deno.statSync(this.#path + suffix).size);
      } catch {
        // There is no such file now.
      }
    }
    return bytes;
  }

  /** Do several things at once, or none of them. */
  transact<Value>(act: () => Value): Value {
    this.#db.exec("begin immediate");
    try {
      const value = act();
      this.#db.exec("commit");
      return value;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("rollback");
      throw error;
    }
  }

  /** An entry was stored, and is used now. */
  store({ hash, bytes, atMs, tags }: FiledEntry, nowMs: number): void {
    this.#run(
      `insert into entry values (unhex(?), ?, ?, ?) on conflict do update
       set bytes = excluded.bytes, stored = excluded.stored,
       used = excluded.used`,
      [hash, inBlocks(bytes), atMs, nowMs],
    );
    this.#run("delete from tag where hash = unhex(?)", [hash]);
    this.#tag(hash, tags);
  }

  /** An entry is there; what is known of its use stays. */
  find({ hash, bytes, atMs, tags }: FiledEntry, nowMs: number): void {
    this.#run(
      `insert into entry values (unhex(?), ?, ?, ?) on conflict do update
       set bytes = excluded.bytes where bytes != excluded.bytes`,
      [hash, inBlocks(bytes), atMs, nowMs],
    );
    this.#tag(hash, tags);
  }

  /** Whether it knows the entry that was used. */
  use(hash: string, nowMs: number): boolean {
    const sql = "update entry set used = max(used, ?) where hash = unhex(?)";
    return this.#run(sql, [nowMs, hash]) > 0;
  }

  remove(hash: string): void {
    this.#run("delete from entry where hash = unhex(?)", [hash]);
  }

  /** The entries that were not used for longest, so many at most. */
  oldest(count: number): readonly Candidate[] {
    const sql = `select lower(hex(hash)) as hash, bytes, used from entry
      order by used, stored limit ?`;
    return this.#rows(sql, [count]).map(toCandidate);
  }

  /** The next entries by hash, so many at most. */
  after(hash: string, count: number): readonly Candidate[] {
    const sql = `select lower(hex(hash)) as hash, bytes, used from entry
      where hash > unhex(?) order by entry.hash limit ?`;
    return this.#rows(sql, [hash, count]).map(toCandidate);
  }

  /** The entries with a tag that were stored until then, so many at most. */
  tagged({ tag, atMs }: Purge, count: number): readonly string[] {
    const sql = `select lower(hex(tag.hash)) as hash from tag
      join entry on entry.hash = tag.hash
      where tag = ? and stored <= ? limit ?`;
    return this.#rows(sql, [tag, atMs, count])
      .map((row) => String(row["hash"]));
  }

  /** Whether everything in the zone is known, for others who look. */
  setComplete(isComplete: boolean): void {
    this.#run("update total set is_complete = ?", [Number(isComplete)]);
  }

  /** The end; whatever is told from now on is somebody else's business. */
  close(isClean: boolean): void {
    if (isClean) this.#db.exec("update total set is_clean = 1");
    this.#statements.clear();
    this.#db.close();
  }

  /** Empty, whatever it was. */
  #make(): void {
    this.transact(() => {
      const sql = `select name from sqlite_schema where type = 'table'`;
      const names = this.#rows(sql).map((row) => String(row["name"]));
      for (const name of names) this.#db.exec(`drop table "${name}"`);
      this.#db.exec(SCHEMA);
    });
  }

  #tag(hash: string, tags: readonly string[]): void {
    for (const tag of tags) {
      this.#run("insert or ignore into tag values (?, unhex(?))", [tag, hash]);
    }
  }

  #run(sql: string, values: readonly (string | number)[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  #rows(sql: string, values: readonly (string | number)[] = []): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  #prepared(sql: string): ReturnType<DatabaseSync["prepare"]> {
    const present = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, present);
    return present;
  }
}

/**
 * The hashes of all entries with a tag, as another process sees the index that
 * the manager writes; undefined: it does not know everything, or is not there.
 */
export function readTagged(
  zone: string,
  tag: string,
): readonly string[] | undefined {
  try {
    using db = new DatabaseSync(`${zone}/${INDEX}`, { readOnly: true });
    db.exec(`pragma busy_timeout = ${BUSY_MS}`);
    const known = db.prepare("select is_complete from total").get();
    if (known?.["is_complete"] !== 1) return undefined;
    const sql = "select lower(hex(hash)) as hash from tag where tag = ?";
    return db.prepare(sql).all(tag).map((row) => String(row["hash"]));
  } catch {
    return undefined;
  }
}

function inBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function toCandidate(row: Row): Candidate {
  return {
    hash: String(row["hash"]),
    bytes: Number(row["bytes"]),
    usedAtMs: Number(row["used"]),
  };
}
