import { expect, it } from 'vitest';
import { sourceFields, tlsFields } from '../../src/core/field.ts';

it('the fields of what is read from publishers are called otherwise than those of TLS', () => {
  const names = [...Object.keys(sourceFields), ...Object.keys(tlsFields)];
  expect(new Set(names).size).toBe(names.length);
});
