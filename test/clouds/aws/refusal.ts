import type { FakeAnswer } from '../../support/fake-server.ts';
import { element } from './xml.ts';

/** What is wrong with a request. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  readonly reason: string | undefined;

  constructor(code: string, message: string, status = 400, reason?: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.reason = reason;
  }
}

export function refuse(code: string, message: string, status = 400, reason?: string): never {
  throw new Refusal(code, message, status, reason);
}

/** An error of EC2 in its words. */
export const ec2Error = (code: string, message: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${element('Errors', { Error: { Code: code, Message: message } })}<RequestID>59dbff89-35bd-4eac-99ed-be587EXAMPLE</RequestID></Response>`;

/** The same refusal as each service says it. */
export function refusalAnswer({ code, message, status, reason }: Refusal, service: string): FakeAnswer {
  if (service === 'ec2') return { status, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body: ec2Error(code, message) };
  if (service === 'sts') {
    const body = `<ErrorResponse>${element('Error', { Type: 'Sender', Code: code, Message: message })}<RequestId>c6104cbe</RequestId></ErrorResponse>`;
    return { status, headers: { 'content-type': 'text/xml' }, body };
  }
  if (service === 'ssm') {
    const body = JSON.stringify({ __type: code, message });
    return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body };
  }
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': `${code}:http://internal.amazon.com/coral/` },
    body: JSON.stringify({ Message: message, ...(reason === undefined ? {} : { Reason: reason }) }),
  };
}
