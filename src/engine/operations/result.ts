import { ImgctlError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';
import type { Action } from '../../core/action.ts';
import { actionJson, maskedAction } from '../dry-run.ts';
import type { ResultRow } from '../../core/result-row.ts';

/** The row of an image in a dry run: the first of what would be done; the requests are for programs. */
export function plannedRow(text: string, [action]: readonly Action[], { redactor }: EngineContext): ResultRow {
  if (!action) return { image: text, result: 'planned', message: 'nothing to change' };
  const plan = actionJson(maskedAction(action, redactor));
  const { verb, profile, image: id, name, status } = action;
  return {
    image: text,
    result: 'planned',
    message: `would ${verb}`,
    plan,
    ...(profile ? { profile } : {}),
    // What is yet to be made has a name only.
    ...(id && status !== undefined ? { id } : {}),
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
  };
}

/** The row of an image that failed. */
export function failedRow(text: string, error: ImgctlError, { redactor }: EngineContext): ResultRow {
  const { profile, hint } = error.circumstances;
  return {
    image: text,
    result: 'failed',
    message: redactor.hide(error.message),
    code: error.code,
    exitCode: error.exitCode,
    ...(hint === undefined ? {} : { hint: redactor.hide(hint) }),
    ...(profile ? { profile } : {}),
  };
}

/** The same failure, saying which of several images it is about. */
export const naming = (text: string, error: ImgctlError): ImgctlError =>
  error.message.includes(text) ? error : new ImgctlError(error.code, `${text}: ${error.message}`, error.circumstances);
