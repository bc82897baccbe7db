import type { Image } from './image.ts';

/** Images of several profiles that belong together, and where each profile stands. Every profile is in exactly one list. */
export interface ImageGroup {
  readonly by: 'name' | 'contentId';
  /** The name, or the content id, that they have in common. */
  readonly group: string;
  /** Newest first. */
  readonly images: readonly Image[];
  /** Profiles that have the same disk: that of the group, or of its newest image. */
  readonly same: readonly string[];
  /** They have an older disk under the same name. */
  readonly behind: readonly string[];
  /** They have a newer disk under the same name. */
  readonly ahead: readonly string[];
  /** They have nothing of that name. */
  readonly missing: readonly string[];
  /** They have an image of that name whose content nobody can compare, or could not be asked. */
  readonly unknown: readonly string[];
}
