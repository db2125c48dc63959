import { text } from 'node:stream/consumers'
import { fromBuffer } from 'yauzl'

/** The files in an archive, by name. */
export async function unzip(bytes: Buffer): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  await new Promise<void>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (fault, zip) => {
      if (fault) return reject(fault)
      zip.on('error', reject)
      zip.on('end', resolve)
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (failure, stream) => {
          if (failure) return reject(failure)
          void text(stream).then((content) => {
            files[entry.fileName] = content
            zip.readEntry()
          }, reject)
        })
      })
      zip.readEntry()
    })
  })
  return files
}
