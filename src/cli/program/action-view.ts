import { humanSize } from '../../core/quantity.ts';
import { usesText } from '../../core/uses.ts';
import { actionJson } from '../../engine/dry-run.ts';
import { defineView } from '../../ui/view.ts';
import type { Action, ActionData } from '../../core/action.ts';

/** `disk.qcow2 (qcow2, 1.2 GiB)` */
function dataText({ name, format, compression, bytes }: ActionData): string {
  const facts = [format, compression, bytes === undefined ? undefined : humanSize(bytes)].filter((fact) => fact !== undefined);
  if (name === undefined) return facts.join(', ');
  return facts.length > 0 ? `${name} (${facts.join(', ')})` : name;
}

type Part = readonly [name: string, text: unknown];

/** A field, or those below it: no cell holds JSON. Lists are shown with commas. */
const partsOf = (name: string, value: unknown): readonly Part[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, field]: readonly [string, unknown]) => partsOf(`${name}.${key}`, field))
    : [[name, value]];

/** Each field of a request, and each operation of a patch, on a line of its own. */
function bodyParts(body: unknown): readonly Part[] {
  if (typeof body !== 'object' || body === null) return [['text', body]];
  return Object.entries(body).flatMap(([key, value]: readonly [string, unknown]) => {
    const { op, path, value: set = '' } = Object(value) as Readonly<Record<string, unknown>>;
    return typeof op === 'string' && typeof path === 'string' ? [[`${op} ${path}`, set] as const] : partsOf(key, value);
  });
}

/** Properties one by one. */
const labelParts = (labels: unknown): readonly Part[] =>
  Object.entries(labels as object).flatMap(([name, value]: readonly [string, unknown]) => partsOf(name, value));

export const actionView = defineView<Action>({
  name: 'plan',
  columns: {
    verb: { value: (plan) => plan.verb },
    risk: { value: (plan) => plan.risk },
    profile: { value: (plan) => plan.profile },
    provider: { value: (plan) => plan.provider },
    image: { value: (plan) => plan.image, kind: 'id' },
    name: { value: (plan) => plan.name },
    status: { value: (plan) => plan.status, kind: 'status' },
    sizeBytes: { value: (plan) => plan.sizeBytes, kind: 'size', title: 'size' },
    createdAt: { value: (plan) => plan.createdAt, kind: 'age', title: 'created' },
    source: { value: (plan) => plan.source && dataText(plan.source) },
    target: { value: (plan) => plan.target && dataText(plan.target) },
    labels: { value: (plan) => plan.labels, parts: labelParts },
    method: { value: (plan) => plan.method },
    url: { value: (plan) => plan.url },
    body: { value: (plan) => plan.body, parts: bodyParts },
    uses: { value: ({ uses, unasked = [] }) => uses && usesText({ uses, unasked }) },
    steps: { value: (plan) => plan.steps?.join(' → ') },
  },
  usual: ['verb', 'profile', 'image', 'name', 'source', 'target', 'method', 'url', 'body', 'uses', 'steps'],
  wide: ['verb', 'risk', 'profile', 'provider', 'image', 'name', 'source', 'target', 'method', 'url', 'body', 'uses', 'steps'],
  id: () => '',
  json: actionJson,
});
