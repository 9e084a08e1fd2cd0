/**
 * Files below a root as an app: the same contract as a user's module, a
 * function of a request that returns a Response. This file joins the parts:
 * the URL becomes a path (static_path.ts), the path a file (static_files.ts),
 * the file an answer (static_answer.ts).
 *
 * Synchronous, as nginx is: what is served is in the page cache nearly always,
 * and a thread costs more than the call. Large files are read when they are
 * sent, by whoever sends them.
 */

import type { StaticConfig } from "../config/config.ts";
import { chooseEncoding, type Encoding } from "../http/accept.ts";
import { MediaTypes } from "../http/media_type.ts";
import { respond } from "../http/prepared.ts";
import { headerOf } from "../http/request.ts";
import type { RequestInfo } from "./app.ts";
import type { LoadedApp } from "./fetch_handler.ts";
import { type ListedEntry, LISTING_HEADERS, renderListing } from "./listing.ts";
import { answerFor } from "./static_answer.ts";
import { type ServedFile, StaticFiles } from "./static_files.ts";
import { isHidden, mapPath } from "./static_path.ts";
import {
  fail,
  plain,
  redirect,
  refuse,
  refuseMethod,
  sendContent,
  type Visit,
} from "./static_response.ts";

/** Between a name and what its encoded form is called. */
const SUFFIXES: Readonly<Record<Encoding, string>> = { br: ".br", gzip: ".gz" };

const encoder = new TextEncoder();

/** The app that serves a folder. */
export function createStaticApp(config: StaticConfig): LoadedApp {
  const site = new Site(config);
  return {
    fetch: (request, info) => site.answer(request, info),
    init: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    onListen: () => {},
  };
}

class Site {
  readonly #config: StaticConfig;
  readonly #files: StaticFiles;
  readonly #types: MediaTypes;

  constructor(config: StaticConfig) {
    this.#config = config;
    this.#files = new StaticFiles(config);
    this.#types = new MediaTypes(config);
  }

  answer(request: Request, info: RequestInfo): Response {
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") return refuseMethod(method);
    const visit = { request, info, isHead: method === "HEAD" };
    const mapped = mapPath(request.url, this.#config);
    if (mapped.ok) {
      return mapped.isFolder
        ? this.#visitFolder(mapped.path, visit)
        : this.#visitFile(mapped.path, visit);
    }
    return mapped.status === 404
      ? this.#missing(visit)
      : plain(mapped.status, visit);
  }

  #visitFile(path: string, visit: Visit): Response {
    const found = this.#files.look(path);
    switch (found.kind) {
      case "file":
        return this.#send(found.file, visit);
      case "folder":
        return redirect(path, visit);
      case "missing":
        return this.#missing(visit);
      case "refused":
        return refuse(found.error, visit);
      case "failed":
        return fail(found.error, visit);
    }
  }

  /** The first of the index files that is one, else a listing. */
  #visitFolder(path: string, visit: Visit): Response {
    for (const name of this.#config.index) {
      const found = this.#files.look(`${path}/${name}`);
      switch (found.kind) {
        case "file":
          return this.#send(found.file, visit);
        case "refused":
          return refuse(found.error, visit);
        case "failed":
          return fail(found.error, visit);
        case "folder":
        case "missing":
          // Try the next.
      }
    }
    const found = this.#files.look(path);
    switch (found.kind) {
      case "folder":
        return this.#config.autoindex
          ? this.#list(path, visit)
          : plain(403, visit);
      case "file":
        // It has no folder behind its slash.
        found.file.close();
        return this.#missing(visit);
      case "missing":
        return this.#missing(visit);
      case "refused":
        return refuse(found.error, visit);
      case "failed":
        return fail(found.error, visit);
    }
  }

  /** The file, or its encoded form that the client likes better. */
  #send(file: ServedFile, visit: Visit): Response {
    const available = this.#config.encodings.filter((encoding) =>
      this.#files.has(file.path + SUFFIXES[encoding])
    );
    const wanted = available.length === 0 ? undefined : chooseEncoding(
      headerOf(visit.request, "accept-encoding"),
      available,
    );
    const encoded = wanted === undefined
      ? undefined
      : this.#files.look(file.path + SUFFIXES[wanted]);
    const isThere = encoded?.kind === "file";
    const sent = isThere ? encoded.file : file;
    try {
      return this.#sendAs(sent, {
        type: this.#types.of(file.path),
        encoding: isThere ? wanted : undefined,
        varies: available.length > 0,
      }, visit);
    } finally {
      file.close();
      sent.close();
    }
  }

  #sendAs(
    file: ServedFile,
    as: {
      readonly type: string;
      readonly encoding: Encoding | undefined;
      readonly varies: boolean;
    },
    visit: Visit,
  ): Response {
    const { size, mtimeMs } = file;
    const { request } = visit;
    const answer = answerFor({ size, mtimeMs, ...as }, this.#config, {
      read: (name) => headerOf(request, name),
      nowMs: Date.now(),
      boundary: () => crypto.randomUUID(),
    });
    if (answer.status === 412 || answer.status === 416) {
      return plain(answer.status, visit, answer.headers);
    }
    return sendContent(file, answer, visit);
  }

  /** 404, or what the configuration has for it. */
  #missing(visit: Visit): Response {
    const { fallback, notFound } = this.#config;
    if (fallback !== undefined) {
      const found = this.#files.look(fallback);
      if (found.kind === "file") return this.#send(found.file, visit);
    }
    const page = notFound === undefined
      ? undefined
      : this.#files.look(notFound);
    if (page?.kind !== "file") return plain(404, visit);
    const { file } = page;
    try {
      const slice = { offset: 0, length: file.size };
      return sendContent(file, {
        status: 404,
        headers: ["content-type", this.#types.of(file.path)],
        length: file.size,
        content: { kind: "slice", slice },
      }, visit);
    } finally {
      file.close();
    }
  }

  #list(path: string, visit: Visit): Response {
    const found = this.#files.find(path);
    if (!found.ok) return fail(found.error, visit);
    const listed = found.value.list();
    found.value.close();
    if (!listed.ok) return refuse(listed.error, visit);
    const depth = path === "" ? 0 : 1;
    const entries: ListedEntry[] = [];
    for (const { name, isSymlink } of listed.value) {
      if (!this.#config.hiddenFiles && isHidden(name, depth)) continue;
      const facts = this.#files.factsOf(`${path}/${name}`, isSymlink);
      // Pipes and the like are not served, nor what is gone already.
      if (facts === undefined || facts.kind === "other") continue;
      const { size, mtimeMs, kind } = facts;
      entries.push({ name, isFolder: kind === "folder", size, mtimeMs });
    }
    const bytes = encoder.encode(renderListing(path, entries));
    return respond({
      status: 200,
      headers: LISTING_HEADERS,
      length: bytes.length,
      body: visit.isHead ? null : bytes,
    });
  }
}
