import type { Description, Extra, ExtraValues } from '../../core/operation.ts';

/** Oddity: it can be said when an image is made and never again; afterwards it stands among the capabilities. */
export const cloudInit: Extra = { kind: 'flag', help: 'the image supports cloud-init' };

/** What is said of a new image, in the API's words. What was not said is left out, never null. */
export function descriptionBody(request: {
  readonly description: Description;
  readonly extras: ExtraValues;
}): Readonly<Record<string, unknown>> {
  const { name, description, tags } = request.description;
  return {
    ...(name === undefined ? {} : { label: name }),
    ...(description === undefined ? {} : { description }),
    ...(request.extras.cloudInit === true ? { cloud_init: true } : {}),
    ...(tags === undefined || tags.length === 0 ? {} : { tags }),
  };
}
