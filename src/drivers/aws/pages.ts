import { detectEndlessPagination } from '../../core/pagination.ts';
import type { Call } from '../../core/operation.ts';
import type { Action, AwsClient } from './client.ts';
import { rowsIn, textIn, type XmlObject } from './xml.ts';

/** The most that a page may hold: who asks for all at once is refused first. */
const pageSize = '1000';
/** Oddity: pages may be empty, and more follow. */
const mostIdlePages = 50;

/** A list of EC2: `rows` is the element that they stand in, `key` what tells them apart. */
export interface List extends Omit<Action, 'repeatable'> {
  readonly rows: string;
  readonly key: string;
}

/** Every page of a list; the next one is asked for when somebody wants it. Throws PROVIDER where page after page brings nothing new. */
export async function* pagesOf(client: AwsClient, list: List, call: Call): AsyncGenerator<readonly XmlObject[]> {
  const look = detectEndlessPagination(list.what, mostIdlePages);
  let token: string | undefined;
  do {
    const body = await client.ec2({ ...list, form: { ...list.form, MaxResults: pageSize, NextToken: token } }, call);
    const rows = rowsIn(body[list.rows]);
    look(rows.map((row) => row[list.key] ?? row));
    yield rows;
    token = textIn(body.nextToken) || undefined;
  } while (token !== undefined);
}
