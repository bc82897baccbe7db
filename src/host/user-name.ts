import { userInfo } from 'node:os';

/** Who runs this, as the machine calls him; absent for a user without an account, as in many containers. */
export function userName(): string | undefined {
  try {
    return userInfo().username || undefined;
  } catch {
    return undefined;
  }
}
