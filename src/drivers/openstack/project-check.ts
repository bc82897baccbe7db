import { configError } from '../../core/errors.ts';
import type { ProfileValues } from './fields.ts';
import type { SignedIn } from './sign-in.ts';

export type ProjectChoice = Pick<ProfileValues, 'project' | 'projectId'>;

/**
 * Throws CONFIG where the token is for another project than one that the profile names: an application credential has its own,
 * and of a name and an id that contradict each other Keystone looks at the id alone.
 */
export function requireProject({ project }: SignedIn, { project: name, projectId: id }: ProjectChoice): void {
  if (!project) return;
  const { name: nameThere } = project;
  // Keystone's database may compare names without regard to case.
  const isNamed = !name || name.toLowerCase() === nameThere.toLowerCase() || name === project.id;
  if (isNamed && (!id || id === project.id)) return;
  const meant = isNamed ? `projectId is ${id ?? ''}` : `project is ${name}`;
  const because = id === project.id ? 'projectId is its id' : 'it is the one of these credentials';
  throw configError(`${meant}, but the sign-in is for project ${nameThere} (${project.id}): ${because}`, {
    hint:
      id === project.id
        ? 'Remove project or projectId.'
        : 'Remove project and projectId, or use credentials of the project that is meant.',
  });
}
