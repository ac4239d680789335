/** Hundreds of thousands of points by WebGL2. Positions stay on the device; a move changes three numbers. */

const VERTEX = `#version 300 es
in vec2 place;
in vec4 colour;
uniform vec2 centre;
uniform vec2 scale;
uniform float size;
uniform float strength;
out vec4 ink;
void main() {
  gl_Position = vec4((place - centre) * scale, 0.0, 1.0);
  gl_PointSize = size;
  ink = vec4(colour.rgb, 1.0) * (colour.a * strength);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 ink;
uniform float size;
out vec4 pixel;
void main() {
  float edge = (0.5 - distance(gl_PointCoord, vec2(0.5))) * size;
  pixel = ink * (size < 2.5 ? 1.0 : clamp(edge + 0.5, 0.0, 1.0));
}`;

/** The order in which points are drawn: shuffled the same way every time, so that no script lies on top. */
export function shuffled(size) {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  let state = 0x9e3779b9;
  for (let i = size - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

export class Points {
  /** Draws on a canvas; `null` from :func:`Points.on` where the browser has no WebGL2. */
  static on(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, depth: false, powerPreference: "high-performance" });
    return gl ? new Points(canvas, gl) : null;
  }

  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.all = null;
    this.lit = new Uint32Array(0);
    this.#build();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.#build();
      this.#upload();
      this.onrestored?.();
    });
  }

  #build() {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "place");
    gl.bindAttribLocation(program, 1, "colour");
    gl.linkProgram(program);
    gl.useProgram(program);
    this.uniforms = Object.fromEntries(
      ["centre", "scale", "size", "strength"].map((name) => [name, gl.getUniformLocation(program, name)]),
    );
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.buffers = Object.fromEntries(["place", "colour", "all", "lit"].map((name) => [name, gl.createBuffer()]));
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.place);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.colour);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 0, 0);
  }

  /** Points by row: places `[x, y, …]` in any unit. Those without a place are in none of the orders. */
  setPlaces(places) {
    this.places = places;
    this.#put("place", places);
  }

  /** A colour for every point: four bytes each, red, green, blue, opacity. */
  setColours(colours) {
    this.colours = colours;
    this.#put("colour", colours);
  }

  /** Which points are drawn, in their order. */
  setShown(order) {
    this.all = order;
    this.#put("all", order);
  }

  /** Points that are drawn once more over all, larger; the others fade. */
  setLit(rows) {
    this.lit = rows;
    this.#put("lit", rows);
  }

  #put(name, values) {
    const { gl } = this;
    const target = name === "place" || name === "colour" ? gl.ARRAY_BUFFER : gl.ELEMENT_ARRAY_BUFFER;
    gl.bindBuffer(target, this.buffers[name]);
    gl.bufferData(target, values, gl.STATIC_DRAW);
  }

  #upload() {
    for (const [name, values] of [["place", this.places], ["colour", this.colours], ["all", this.all], ["lit", this.lit]])
      if (values) this.#put(name, values);
  }

  /**
   * Draw: `centre` and `scale` (to clip space), at most `most` points of a `size` in pixels and an opacity `ink`; over
   * them those lit, of `litSize` and `litInk`.
   */
  draw({ centre, scale, size, ink, litSize, litInk, most, background }) {
    const { gl, uniforms } = this;
    if (!this.all || gl.isContextLost()) return;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(uniforms.centre, ...centre);
    gl.uniform2f(uniforms.scale, ...scale);
    this.#pass("all", Math.min(most, this.all.length), size, ink);
    this.#pass("lit", this.lit.length, litSize, litInk);
  }

  #pass(name, length, size, strength) {
    const { gl, uniforms } = this;
    if (!length) return;
    gl.uniform1f(uniforms.size, size);
    gl.uniform1f(uniforms.strength, strength);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[name]);
    gl.drawElements(gl.POINTS, length, gl.UNSIGNED_INT, 0);
  }
}
