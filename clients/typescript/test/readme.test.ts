/** The example of README.md runs as it is printed, and is as short as it says. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { token, world } from "./world.js";

test("the example of the README runs as it is printed", async () => {
  const readme = await readFile("README.md", "utf8");
  const example = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  assert.ok(example !== undefined && example.trim().split("\n").length <= 10);
  // Beside the package, so that the package is found by its own name.
  const folder = await mkdtemp(join("build", "example-"));
  const file = join(folder, "example.mjs");
  await writeFile(file, example);
  const bearer = await token({ client: "inference-service", scope: "credits.charge" });
  const { stdout } = await promisify(execFile)(process.execPath, [file, world, bearer]);
  assert.match(stdout, /^charged 61\.5, left \d+\n$/);
  await rm(folder, { recursive: true });
});
