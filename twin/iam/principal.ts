/** Who makes a call. */
export interface Principal {
  readonly kind: 'user' | 'session' | 'root' | 'service' | 'anonymous';
  /** `arn:aws:iam::111122223333:user/operator`, `arn:aws:sts::111122223333:assumed-role/Role/session`, or a service principal's name. */
  readonly arn: string;
  readonly account: string;
  /** `AIDA…`, or `AROA…:session`. */
  readonly userId: string;
  readonly accessKeyId: string;
  /** For a session: the role's ARN. */
  readonly roleArn?: string;
  /** For a session, of a role or of a user: when it was made. */
  readonly issued?: Date;
  /** For a service: the ARN of what it acts for. */
  readonly sourceArn?: string;
}

/** An AWS service that acts for a resource of an account: `events.amazonaws.com` for a rule. */
export const servicePrincipal = (name: string, account: string, sourceArn: string): Principal => ({
  kind: 'service',
  arn: name,
  account,
  userId: name,
  accessKeyId: '',
  sourceArn,
});

/** Who does not sign: anybody. Only policies and access lists that let everybody in let this one in. */
export const ANONYMOUS: Principal = { kind: 'anonymous', arn: 'anonymous', account: '', userId: '', accessKeyId: '' };
