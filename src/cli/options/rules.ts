import { shippedNames } from '../../engine/rules/shipped.ts';
import type { Option } from '../program/option.ts';

/** `--rules`. */
export const rulesOption = {
  kind: 'text',
  value: 'file|name',
  suggests: shippedNames,
  completes: 'file',
  summary: `rules: a file in YAML or JSON, or a set that is shipped (${shippedNames.join(', ')}); imgctl help policy`,
} as const satisfies Option;
