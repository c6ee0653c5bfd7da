import type { Settings } from '../audience/settings.ts';
import type { CompiledEmail, EmailNode } from '../audience/workflow.ts';
import {
  type EmailVariables,
  type Footer,
  type RenderedEmail,
  renderEmail,
} from './render-email.ts';

type Preview = Readonly<{
  kind: EmailNode['kind'];
  compiled: CompiledEmail;
  variables: EmailVariables;
  settings: Pick<Settings, 'postalAddress'>;
  unsubscribeUrl: string;
}>;

/** An email as it would go out, but that its link to unsubscribe is nobody's, see `footerForNobody`. */
export function previewEmail(preview: Preview): RenderedEmail {
  const { kind, compiled, variables, settings, unsubscribeUrl } = preview;
  const footer = kind === 'marketing' ? footerForNobody(settings, unsubscribeUrl) : undefined;
  return renderEmail(compiled, variables, footer);
}

/** The link leads to the real page, which takes its token for a mangled one. */
export function footerForNobody(
  { postalAddress }: Pick<Settings, 'postalAddress'>,
  unsubscribeUrl: string,
): Footer {
  return {
    unsubscribeUrl: `${unsubscribeUrl}/test`,
    postalAddress: postalAddress?.trim() ? postalAddress : '(Here stands your postal address.)',
  };
}
