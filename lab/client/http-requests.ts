/** Requests to the guest's web server, each over a new connection, as browsers come and go. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { requestMsMax } from "./request-probe.ts";

export async function getPage(host: string, port: number): Promise<void> {
  const signal = AbortSignal.timeout(requestMsMax);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const query = request({ host, port, path: "/index.html", agent: false, signal });
  query.on("error", reject);
  query.on("response", (response) => {
    text(response).then((body) => {
      const whole = response.statusCode === 200 && body.includes("inside a virtual machine");
      if (whole) resolve();
      else reject(new Error(`the web server answered ${response.statusCode}`));
    }, reject);
  });
  query.end();
  await promise;
}
