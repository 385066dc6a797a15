/** What a model, or whoever speaks through it, may try: `tests/hostile/` has it, for these tests and the desktop's. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const read = <T>(name: string) =>
  JSON.parse(readFileSync(new URL(`../../../tests/hostile/${name}.json`, import.meta.url), "utf8")) as T;

/** `%SINK%` is a server that nobody may ask; `hit()` is what no script may call. */
export type Payload = { kind: string; text: string };
export const payloads = read<Payload[]>("corpus");
/** Addresses of forty schemes, and which of them may be opened. */
export const links = read<{ address: string; opens: boolean }[]>("links");

export const aimed = (text: string, sink: string) => text.replaceAll("%SINK%", sink);

/** A server on loopback that writes down whoever asks. */
export class Sink {
  readonly asked: string[] = [];
  private constructor(private server: Server) {}

  /** With a policy it also has a page of its own, `/page`, which that policy governs. */
  static async open(policy?: string): Promise<Sink> {
    const server = createServer((request, response) => {
      if (policy !== undefined && request.url === "/page") {
        response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
        response.end("<body>");
        return;
      }
      sink.asked.push(request.url ?? "");
      // Whatever comes is taken, and may be used from everywhere.
      response.writeHead(200, { "access-control-allow-origin": "*", "cache-control": "no-store" }).end();
    });
    const sink = new Sink(server);
    server.on("connection", (socket) => {
      // A connection without a request is a look-up too.
      const before = sink.asked.length;
      socket.on("close", () => sink.asked.length === before && sink.asked.push("(connection)"));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
