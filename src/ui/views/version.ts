import { defineView } from '../view.ts';

/** The version of imgctl. */
export const versionView = defineView<{ readonly version: string }>({
  name: 'version',
  columns: { version: { value: ({ version }) => version, kind: 'id' } },
  usual: ['version'],
  wide: ['version'],
  id: ({ version }) => version,
  json: (shown) => shown,
});
