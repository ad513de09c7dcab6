#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Of the 0.35 s of CPU in which a command started, 0.2 s went into stripping types and compiling, each time again; of a thread's as
// well, which reads the variable. Not the default directory: what others may write into is nothing to run code from. And no TypeScript
// itself, because the cache begins after it: to strip the types of these lines took 0.1 s.
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "../node_modules/.cache/earworm");
enableCompileCache();
const { main } = await import("#cli/main.ts");

process.exitCode = await main(process.argv.slice(2));
