import type { Driver, Session, Tools } from '../../src/core/driver.ts';
import type { Bytes, Http } from '../../src/core/http.ts';
import { Secret } from '../../src/core/secret.ts';
import { inFittingForm } from '../../src/engine/account/upload-form.ts';
import { createLock } from '../../src/host/lock.ts';
import { readBlocks } from '../../src/transfer/blocks/read-blocks.ts';
import { sendBlocks } from '../../src/transfer/blocks/send-blocks.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';

export interface OpenSession {
  readonly session: Session;
  /** Every trace line of the http client so far. */
  readonly traces: string[];
  /** The JSON of every answer to an API call so far. */
  readonly answers: unknown[];
}

/** The http client, with every JSON answer also put into `answers`, and every JSON document. */
function recording(http: Http, answers: unknown[]): Http {
  const record = (text: string): void => {
    try {
      answers.push(JSON.parse(text));
    } catch {
      // Not JSON: nothing to remember.
    }
  };
  return {
    ...http,
    async request(request, call) {
      const answer = await http.request(request, call);
      record(answer.text);
      return answer;
    },
    async receive(request, call) {
      const answer = await http.receive(request, call);
      return request.compressible ? { ...answer, bytes: passing(answer.bytes, record) } : answer;
    },
  };
}

/** The fields of TLS, which the http client is set to; here each is a PEM text. */
function tlsOf({
  serverCert,
  clientCert,
  clientKey,
}: Readonly<Record<string, string>>): Pick<HttpSettings, 'pinned' | 'cert' | 'key'> {
  const pem = (name: 'pinned' | 'cert' | 'key', text: string | undefined) =>
    text === undefined ? {} : { [name]: { text, from: name } };
  return { ...pem('pinned', serverCert), ...pem('cert', clientCert), ...pem('key', clientKey) };
}

async function* passing(bytes: Bytes, record: (text: string) => void): Bytes {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) {
    chunks.push(Buffer.from(chunk));
    yield chunk;
  }
  record(Buffer.concat(chunks).toString());
}

/** What a driver gets of a profile: secrets wrapped, defaults filled in. Throws for a value that no field is for. */
function profileValues(driver: Driver, values: Readonly<Record<string, string>>): Record<string, string | Secret | undefined> {
  const unknown = Object.keys(values).filter((name) => !driver.profile[name]);
  if (unknown.length > 0) throw new Error(`${driver.name} has no profile field ${unknown.join(', ')}`);
  return Object.fromEntries(
    Object.entries(driver.profile).map(([name, field]) => {
      const value = values[name] ?? field.default;
      return [name, value !== undefined && field.secret ? new Secret(value) : value];
    }),
  );
}

/**
 * Opens a driver on a cloud with the program's own http client. Its uploads go in the form that fits, as the engine has them go.
 * `traced` false: there are no trace lines, for a session that many tests share; each line is searched for every secret that the
 * session has ever sent.
 */
export function openSession(
  driver: Driver,
  values: Readonly<Record<string, string>>,
  { traced = true, ...tools }: Partial<Tools> & { readonly traced?: boolean } = {},
): OpenSession {
  const traces: string[] = [];
  const answers: unknown[] = [];
  const http = createHttp({
    userAgent: 'imgctl-tests',
    timeoutMs: 20_000,
    stallMs: 20_000,
    insecure: false,
    ...tlsOf(values),
    ...(traced ? { trace: (line: string) => void traces.push(line) } : {}),
  });
  const session = driver.open(
    profileValues(driver, values),
    {
      http: recording(http, answers),
      lock: createLock(),
      sendBlocks,
      readBlocks: (disk, from, to, call) => readBlocks(disk, from, to, 4, call),
      ...tools,
    },
    'tests',
  );
  const asInEngine: Session = {
    ...session,
    find: (verb) => {
      const bound = session.find(verb);
      return bound && inFittingForm(bound);
    },
    require: (verb) => inFittingForm(session.require(verb)),
  };
  return { session: asInEngine, traces, answers };
}
