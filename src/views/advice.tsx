/** What to do about each trouble, with the patch to copy. Nothing is applied here. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Advice } from '../contract';
import { Copy } from './copy';

export interface AdviceProps {
  advice: readonly Advice[];
  section: Advice['section'];
  trans: TranslationBundle;
}

export function AdviceView({ advice, section, trans }: AdviceProps): JSX.Element | null {
  const own = advice.filter(one => one.section === section);
  return own.length ? (
    <>
      {own.map(one => (
        <div
          key={one.id}
          className={`kfnb-Advice kfnb-Level kfnb-mod-${one.severity === 'error' ? 'full' : one.severity}`}
          role={one.severity === 'error' ? 'alert' : undefined}
        >
          <p>
            <strong>{one.title}</strong>
          </p>
          <p>{one.text}</p>
          {one.patch ? <Patch patch={one.patch} title={one.title} trans={trans} /> : null}
        </div>
      ))}
    </>
  ) : null;
}

interface PatchProps {
  patch: string;
  title: string;
  trans: TranslationBundle;
}

function Patch({ patch, title, trans }: PatchProps): JSX.Element {
  return (
    <details className="kfnb-Patch">
      <summary>{trans.__('The patch for it')}</summary>
      {/* It scrolls sideways, so the keyboard must reach it. */}
      <pre tabIndex={0} aria-label={trans.__('Patch: %1', title)}>
        {patch}
      </pre>
      <Copy text={patch} trans={trans} />
    </details>
  );
}
