import { AwsError } from '../../service';
import type { Json } from './asl/definition';
import { StateError } from './asl/errors';
import { PAYLOAD_BYTES } from './asl/payload';
import { unlessAborted } from './asl/waiting';
import { invalid, type StatesOperations, type StatesState, type WaitingTask } from './state';

/** Waits until somebody answers a token. Afterwards it counts as timed out, whoever comes. */
export function answerTo({ tokens }: StatesState, token: string, signal: AbortSignal, beat: () => void): Promise<Json> {
  const answer = new Promise<Json>((succeed, refuse) => {
    tokens.set(token, {
      succeed,
      fail: (error, cause) => refuse(new StateError(error ?? '', cause)),
      beat,
    });
  });
  return unlessAborted(answer, signal).finally(() => tokens.set(token, undefined));
}

/** @throws AwsError for a token that nobody waits for. */
function waiting({ tokens }: StatesState, token = ''): WaitingTask {
  if (token === '')
    throw invalid(
      "1 validation error detected: Value '' at 'taskToken' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  if (!tokens.has(token)) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const found = tokens.get(token);
  if (!found) throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  return found;
}

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html */
export const tokenOperations: StatesOperations = {
  SendTaskSuccess({ taskToken, output = '' }, { state }) {
    if (Buffer.byteLength(output) > PAYLOAD_BYTES)
      throw invalid(
        `1 validation error detected: Value at 'output' failed to satisfy constraint: Member must have length less than or equal to ${PAYLOAD_BYTES}`,
      );
    let value: Json;
    try {
      value = JSON.parse(output);
    } catch {
      throw new AwsError('InvalidOutput', `Invalid Output: 'Output is not valid JSON'`);
    }
    const task = waiting(state, taskToken);
    state.tokens.set(taskToken ?? '', undefined);
    task.succeed(value);
    return {};
  },
  SendTaskFailure({ taskToken, error, cause }, { state }) {
    const task = waiting(state, taskToken);
    state.tokens.set(taskToken ?? '', undefined);
    task.fail(error, cause);
    return {};
  },
  SendTaskHeartbeat({ taskToken }, { state }) {
    waiting(state, taskToken).beat();
    return {};
  },
};
