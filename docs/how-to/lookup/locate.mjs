// Asks which micro-grid a point is in: Node 18 or newer, and browsers.
//
//   MICROGRID_KEY=mg_… node locate.mjs https://grid.example.gov.cn 119.18 32.27 EPSG:4490 household
//
// Never put a key into a page: whoever sees the page has the key. Ask from your own server.

const AGAIN = new Set([429, 503]);
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/** The service refused; `problem` is its problem document (`type`, `title`, `detail` and more), or empty. */
export class MicrogridError extends Error {
  constructor(status, problem) {
    super(`${status}: ${problem.detail ?? "no reason given"}`);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * The answer to one question, by POST, so that the point stands in no log of addresses.
 *
 * @param {string} baseUrl such as https://grid.example.gov.cn
 * @param {object} question { x, y, crs, for, unit, floor, within_m }, or { place } with for
 * @param {{key?: string, timeoutMs?: number, retries?: number}} options
 * @returns {Promise<object>} store `responsible?.code` and `generation`
 */
export async function locate(baseUrl, question, { key, timeoutMs = 10_000, retries = 4 } = {}) {
  const headers = { "Content-Type": "application/json", ...(key ? { "X-API-Key": key } : {}) };
  const url = `${baseUrl.replace(/\/+$/, "")}/v1/locate`;
  for (let attempt = 0; ; attempt++) {
    let waitMs = 0;
    try {
      // A redirect would carry the key to another host.
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(question), redirect: "manual", signal });
      if (answer.ok) return await answer.json();
      const problem = await answer.json().catch(() => ({}));
      waitMs = 1000 * (Number(answer.headers.get("Retry-After")) || 0);
      const isLast = !AGAIN.has(answer.status) || attempt === retries || waitMs > LONGEST_WAIT_MS;
      if (isLast) throw new MicrogridError(answer.status, problem);
    } catch (error) {
      // Lost connections only: whoever fails the check of certificates stays refused.
      const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(error.cause?.code ?? "");
      if (error instanceof MicrogridError || isCertificate || attempt === retries) throw error;
    }
    const jitterMs = Math.random() * FIRST_WAIT_MS * 2 ** attempt;
    await new Promise((resume) => setTimeout(resume, Math.min(waitMs + jitterMs, LONGEST_WAIT_MS)));
  }
}

async function main([url, x, y, crs, purpose]) {
  const question = { x: Number(x), y: Number(y), crs, ...(purpose ? { for: purpose } : {}) };
  const { responsible, generation } = await locate(url, question, { key: process.env.MICROGRID_KEY });
  console.log(responsible?.code ?? "-", responsible?.reason ?? "-", generation);
}

if (globalThis.process?.argv?.[1]?.endsWith("locate.mjs")) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
