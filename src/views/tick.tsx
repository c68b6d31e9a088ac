/** A word that a person gives before something is done. */
import * as React from 'react';

interface TickProps {
  text: string;
  ticked: boolean;
  onTick: (ticked: boolean) => void;
}

export function Tick({ text, ticked, onTick }: TickProps): JSX.Element {
  return (
    <label className="kfnb-Check">
      <input type="checkbox" checked={ticked} onChange={event => onTick(event.target.checked)} />
      <span>{text}</span>
    </label>
  );
}
