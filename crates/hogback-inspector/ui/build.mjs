// Bundles the page into dist/: index.html, one script and one style sheet, the latter two named by their content.
import { build } from 'esbuild';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

const common = { bundle: true, format: 'esm', target: 'es2023', jsx: 'automatic', jsxImportSource: 'preact' };

if (process.argv.includes('--tests')) {
  await rm('dist-test', { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: ['tests/*.test.ts'],
    outdir: 'dist-test',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
  });
} else {
  await rm('dist', { recursive: true, force: true });
  await mkdir('dist');
  const { metafile } = await build({
    ...common,
    entryPoints: ['src/main.tsx'],
    outdir: 'dist',
    entryNames: 'hogback-[hash]',
    legalComments: 'eof',
    metafile: true,
    minify: true,
  });
  const built = Object.keys(metafile.outputs).map((file) => basename(file));
  const named = (kind) => built.find((file) => file.endsWith(kind));
  const shell = await readFile('src/index.html', 'utf8');
  await writeFile('dist/index.html', shell.replace('{script}', named('.js')).replace('{style}', named('.css')));
  for (const [file, { bytes }] of Object.entries(metafile.outputs)) console.log(`${file}  ${bytes} bytes`);
}
