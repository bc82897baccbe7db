import { describe, expect, it } from 'vitest';
import type { Code } from '../../../src/core/errors.ts';
import { awsCode, errorFrom, isForNow, isRefusedForNow } from '../../../src/drivers/aws/errors.ts';
import { ec2Error } from '../../clouds/aws/index.ts';

const ec2 = (status: number, code: string, message = 'words') => ({
  status,
  headers: {},
  text: ec2Error(code, message),
  url: '',
  json: () => ({}),
});
const ebs = (status: number, code: string, reason?: string, message = 'words') => ({
  status,
  headers: { 'x-amzn-errortype': `${code}:http://internal.amazon.com/` },
  text: JSON.stringify({ Message: message, ...(reason === undefined ? {} : { Reason: reason }) }),
  url: '',
  json: () => ({}),
});

describe('a refusal of AWS', () => {
  const kinds: readonly (readonly [ReturnType<typeof ec2>, Code, isForNow?: true])[] = [
    [ec2(401, 'AuthFailure', 'AWS was not able to validate the provided access credentials'), 'AUTH'],
    [ec2(400, 'AuthFailure', 'Not authorized for image:ami-1'), 'AUTH'],
    [ec2(403, 'UnauthorizedOperation'), 'AUTH'],
    [ec2(400, 'RequestExpired'), 'AUTH'],
    [ec2(400, 'InvalidAMIID.NotFound'), 'NOT_FOUND'],
    [ec2(400, 'InvalidSnapshot.NotFound'), 'NOT_FOUND'],
    [ec2(400, 'InvalidAMIID.Malformed'), 'USAGE'],
    [ec2(400, 'InvalidAMIID.Unavailable'), 'CONFLICT'],
    [ec2(400, 'InvalidAMIName.Duplicate'), 'CONFLICT'],
    [ec2(400, 'InvalidSnapshot.InUse'), 'CONFLICT'],
    [ec2(400, 'IncorrectState'), 'CONFLICT'],
    [ec2(400, 'OperationNotPermitted'), 'CONFLICT'],
    [ec2(400, 'InvalidParameter', "Snapshots encrypted with the AWS Managed CMK can't be shared."), 'CONFLICT'],
    [ec2(400, 'InvalidParameter', "When filtering by the 'disabled' state"), 'USAGE'],
    [ec2(400, 'InvalidRequest', 'You do not have permission to access the storage of this ami'), 'AUTH'],
    [ec2(400, 'InvalidRequest', 'The request received was invalid.'), 'USAGE'],
    [ec2(400, 'UnknownParameter'), 'UNSUPPORTED'],
    [ec2(400, 'ResourceLimitExceeded'), 'LIMIT'],
    [ec2(503, 'RequestLimitExceeded'), 'LIMIT', true],
    [ec2(400, 'Throttling'), 'LIMIT', true],
    [ec2(500, 'InternalError'), 'PROVIDER'],
    [ebs(400, 'RequestThrottledException', 'RESOURCE_LEVEL_THROTTLE'), 'LIMIT', true],
    [ebs(400, 'ValidationException', 'INVALID_PARAMETER_VALUE', 'Failed to read block data'), 'USAGE', true],
    [ebs(400, 'ValidationException', 'CONFLICTING_BLOCK_UPDATE'), 'PROVIDER', true],
    [ebs(400, 'ValidationException', 'INVALID_BLOCK'), 'USAGE'],
    [ebs(404, 'ResourceNotFoundException', 'SNAPSHOT_NOT_FOUND'), 'NOT_FOUND'],
    [ebs(402, 'ServiceQuotaExceededException', 'DEPENDENCY_SERVICE_QUOTA_EXCEEDED'), 'LIMIT'],
    [ebs(400, 'ConcurrentLimitExceededException'), 'LIMIT'],
    [ebs(409, 'ConflictException'), 'CONFLICT'],
    [ebs(403, 'AccessDeniedException', 'UNAUTHORIZED_ACCOUNT'), 'AUTH'],
  ];
  it.each(kinds.map(([answer, code, passes]) => ({ answer, code, passes })))(
    'is told by its code, and never by its status: $answer.text',
    ({ answer, code, passes }) => {
      const error = errorFrom(answer, 'doing it');
      expect([error.code, error.message.includes('words') || error.message.length > 20]).toEqual([code, true]);
      expect([isForNow(error), isRefusedForNow(answer)]).toEqual([passes === true, passes === true]);
      expect(awsCode(error)).toMatch(/^[A-Za-z.]+$/);
    },
  );

  it('names the missing action, and not the hundreds of signs that nobody can read', () => {
    const words = `You are not authorized to perform: ec2:DisableImage. Encoded authorization failure message: ${'x'.repeat(500)}`;
    const { message, circumstances } = errorFrom(ec2(403, 'UnauthorizedOperation', words), 'disabling');
    expect(message).toContain('ec2:DisableImage');
    expect(message).not.toContain('Encoded');
    expect(circumstances).toMatchObject({ accepted: true, requestId: '59dbff89-35bd-4eac-99ed-be587EXAMPLE' });
  });

  it('is none where somebody else answers', () => {
    const page = { status: 404, headers: {}, text: '<html><h1>404 Not Found</h1></html>', url: '', json: () => ({}) };
    expect(errorFrom(page, 'listing').code).toBe('PROVIDER');
  });
});
