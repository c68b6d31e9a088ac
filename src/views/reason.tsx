/** What is shown in place of what is not known: why, and the way out. Never a zero. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { Words } from './code';

export interface ReasonProps {
  reason: string;
  hint?: string;
  /** An alert is spoken at once: for what a person's own act has led to. */
  alert?: boolean;
}

/** A whole reading that could not be had, or an act that was refused. */
export function Reason({ reason, hint, alert }: ReasonProps): JSX.Element {
  return (
    <div
      className={alert ? 'kfnb-Reason kfnb-mod-alert' : 'kfnb-Reason'}
      role={alert ? 'alert' : undefined}
    >
      <p>
        <Words text={reason} />
      </p>
      {hint ? (
        <p className="kfnb-Reason-hint">
          <Words text={hint} />
        </p>
      ) : null}
    </div>
  );
}

export interface UnknownProps {
  /** Why the figure is not known. */
  reason: string | undefined;
  trans: TranslationBundle;
}

/** A single figure that could not be had. */
export function Unknown({ reason, trans }: UnknownProps): JSX.Element {
  const text = reason ?? trans.__('not known');
  return (
    <span className="kfnb-Unknown" title={text}>
      <span aria-hidden="true">—</span>
      <span className="kfnb-sr-only">{trans.__('unknown: %1', text)}</span>
    </span>
  );
}
