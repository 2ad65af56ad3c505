// A palette of 256 colours makes a picture half as large.
import sharp from 'sharp';

const [, , from, to] = process.argv;
await sharp(from).png({ palette: true, colours: 256, compressionLevel: 9, effort: 10 }).toFile(to);
