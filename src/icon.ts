/** The sidebar's icon: a pod with a pulse. `jp-icon3` lets the theme colour the strokes. */
import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24" fill="none">
  <g stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
    <path class="jp-icon3 jp-icon-selectable" stroke="#616161" d="M12 2.2 20.5 7v10L12 21.8 3.5 17V7z"/>
    <path class="jp-icon3 jp-icon-selectable" stroke="#616161" d="M6.6 12.4h2.6l1.7-4.2 2.5 7.6 1.6-3.4h2.4"/>
  </g>
</svg>`;

export const podIcon = new LabIcon({ name: 'kfnb-ext:pod', svgstr: SVG });
