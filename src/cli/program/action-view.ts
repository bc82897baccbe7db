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

/** Each field of a request, and each operation of a patch, on a line of its own: no cell holds JSON. */
function bodyParts(body: unknown): readonly (readonly [string, unknown])[] {
  if (typeof body !== 'object' || body === null) return [['text', body]];
  return Object.entries(body).map(([key, value]: readonly [string, unknown]) => {
    const { op, path, value: set = '' } = Object(value) as Readonly<Record<string, unknown>>;
    return typeof op === 'string' && typeof path === 'string' ? [`${op} ${path}`, set] : [key, value];
  });
}

/** Lists with commas, properties one by one. */
const labelParts = (labels: unknown): readonly (readonly [string, unknown])[] =>
  Object.entries(labels as object).flatMap(([name, value]: readonly [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([key, one]: readonly [string, unknown]) => [`${name}.${key}`, one] as const)
      : [[name, value] as const],
  );

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
