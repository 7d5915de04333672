// Codes by the device's camera, or from a photo, where the browser knows how to read them.

const EVERY = 150;
const GONE_AFTER = 1500;

export const detector = async () => {
  try {
    const formats = await globalThis.BarcodeDetector?.getSupportedFormats();
    return formats?.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
};

export const codeIn = async (reader, picture) => (await reader.detect(picture))[0]?.rawValue ?? null;

export const codeOfPhoto = async (reader, file) => {
  const picture = await createImageBitmap(file);
  try {
    return await codeIn(reader, picture);
  } finally {
    picture.close();
  }
};

// Calls `found` with each code that comes into view, once for as long as it stays there. Returns what stops it; throws
// where there is no camera, or none that may be used.
export const watch = async (reader, video, found) => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  video.srcObject = stream;
  await video.play();
  let isStopped = false;
  let last = { code: null, at: 0 };
  const look = async () => {
    if (isStopped) return;
    const code = document.hidden ? null : await codeIn(reader, video).catch(() => null);
    const now = performance.now();
    if (code && (code !== last.code || now - last.at > GONE_AFTER)) found(code);
    if (code) last = { code, at: now };
    setTimeout(look, EVERY);
  };
  look();
  return () => {
    isStopped = true;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
};
