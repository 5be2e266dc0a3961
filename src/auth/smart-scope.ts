/** SMART scopes v1 and v2: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */

export interface SmartScope {
  /** As granted. */
  readonly text: string;
  /** `other` for what is no resource scope: `openid`, an operation's canonical URL. */
  readonly level: 'patient' | 'user' | 'system' | 'other';
  /** Resource type or `*`; empty for `other`. */
  readonly type: string;
  readonly permissions: ReadonlySet<'c' | 'r' | 'u' | 'd' | 's'>;
  /** Search parameters of a granular scope (`?_tag=…`), decoded. */
  readonly parameters: readonly (readonly [string, string])[];
}
