// Stands for the part of AWS's managed Node runtime that fetches events: one
// connection that is kept, one event at a time.
//   node runtime.mjs function/index.js
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import { Agent, request } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body = "") {
  return new Promise((done, failed) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const call = request(api + path, { method, agent, headers }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", failed);
      response.on("end", () => done({ headers: response.headers, body: Buffer.concat(parts).toString() }));
    });
    call.on("error", failed);
    call.end(body);
  });
}

function described(error) {
  return JSON.stringify({ errorType: error.name, errorMessage: error.message, stackTrace: [String(error.stack)] });
}

async function load(file) {
  try {
    return (await import(pathToFileURL(resolve(file)))).handler;
  } catch (error) {
    await call("POST", "/init/error", described(error));
    throw error;
  }
}

const handler = await load(process.argv[2]);
for (;;) {
  const next = await call("GET", "/invocation/next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  try {
    const answer = await handler(JSON.parse(next.body), { awsRequestId: id });
    await call("POST", `/invocation/${id}/response`, JSON.stringify(answer));
  } catch (error) {
    console.error(error);
    await call("POST", `/invocation/${id}/error`, described(error));
  }
}
