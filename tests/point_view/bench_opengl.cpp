// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/bench_peers.h"

#ifdef STATESCAPE_BENCH_OPENGL
#define GL_GLEXT_PROTOTYPES
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/gl.h>
#include <GL/glext.h>
#include <QElapsedTimer>
#include <algorithm>
#include <vector>
#endif

namespace statescape::ui {

#ifdef STATESCAPE_BENCH_OPENGL
namespace {

constexpr int kFrames = 9;

const char *const kVertex = R"(#version 330 core
layout(location = 0) in vec3 p;
layout(location = 1) in uint style;
uniform vec4 rx, ry, rw, rn;
uniform vec2 size;
flat out uint s;
void main() {
    vec4 q = vec4(p, 1.0);
    float w = dot(rw, q);
    gl_Position = vec4((2.0 * dot(rx, q) / size.x - w), (w - 2.0 * dot(ry, q) / size.y), (1.0 - 2.0 * dot(rn, q) / 16777215.0) * w, w);
    gl_PointSize = 3.0;
    s = style;
})";
const char *const kFragment = R"(#version 330 core
flat in uint s;
out vec4 c;
void main() {
    vec2 d = gl_PointCoord - vec2(0.5);
    if (dot(d, d) > 0.25) discard;
    const vec3 colours[4] = vec3[4](vec3(0.55), vec3(0.2, 0.6, 0.9), vec3(0.9, 0.4, 0.2), vec3(0.9, 0.8, 0.3));
    c = vec4(colours[s & 3u], 1.0);
})";

bool startContext()
{
    const auto display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
    if (display == EGL_NO_DISPLAY || !eglInitialize(display, nullptr, nullptr) || !eglBindAPI(EGL_OPENGL_API))
        return false;
    const EGLint wanted[] = {EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_SURFACE_TYPE, 0, EGL_NONE};
    EGLConfig config = nullptr;
    EGLint count = 0;
    if (!eglChooseConfig(display, wanted, &config, 1, &count) || count == 0)
        return false;
    const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_CONTEXT_MINOR_VERSION, 3, EGL_NONE};
    const auto context = eglCreateContext(display, config, EGL_NO_CONTEXT, attributes);
    return context != EGL_NO_CONTEXT && eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context);
}

GLuint compiled(GLenum kind, const char *source)
{
    const GLuint shader = glCreateShader(kind);
    glShaderSource(shader, 1, &source, nullptr);
    glCompileShader(shader);
    return shader;
}

void makeTarget()
{
    GLuint frame = 0;
    GLuint buffers[2] = {};
    glGenFramebuffers(1, &frame);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glGenRenderbuffers(2, buffers);
    glBindRenderbuffer(GL_RENDERBUFFER, buffers[0]);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, kBenchWidth, kBenchHeight);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, buffers[0]);
    glBindRenderbuffer(GL_RENDERBUFFER, buffers[1]);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_DEPTH_COMPONENT24, kBenchWidth, kBenchHeight);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, buffers[1]);
}

void upload(const PointSet &points)
{
    std::vector<float> positions;
    std::vector<std::uint32_t> styles;
    for (std::size_t i = 0; i < points.size(); ++i) {
        positions.insert(positions.end(), {points.x[i], points.y[i], points.z[i]});
        styles.push_back(points.style[i]);
    }
    GLuint array = 0;
    GLuint buffers[2] = {};
    glGenVertexArrays(1, &array);
    glBindVertexArray(array);
    glGenBuffers(2, buffers);
    glBindBuffer(GL_ARRAY_BUFFER, buffers[0]);
    glBufferData(GL_ARRAY_BUFFER, GLsizeiptr(positions.size() * sizeof(float)), positions.data(),
                 GL_STATIC_DRAW);
    glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, 0, nullptr);
    glEnableVertexAttribArray(0);
    glBindBuffer(GL_ARRAY_BUFFER, buffers[1]);
    glBufferData(GL_ARRAY_BUFFER, GLsizeiptr(styles.size() * sizeof(std::uint32_t)), styles.data(),
                 GL_STATIC_DRAW);
    glVertexAttribIPointer(1, 1, GL_UNSIGNED_INT, 0, nullptr);
    glEnableVertexAttribArray(1);
}

} // namespace

PeerTime openGlPoints(const PointSet &points, const Camera &start)
{
    if (!startContext())
        return {{}, QStringLiteral("no OpenGL 3.3 without a display here")};
    const GLuint program = glCreateProgram();
    glAttachShader(program, compiled(GL_VERTEX_SHADER, kVertex));
    glAttachShader(program, compiled(GL_FRAGMENT_SHADER, kFragment));
    glLinkProgram(program);
    GLint linked = 0;
    glGetProgramiv(program, GL_LINK_STATUS, &linked);
    if (!linked)
        return {{}, QStringLiteral("the shaders do not link here")};
    makeTarget();
    upload(points);
    glUseProgram(program);
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_PROGRAM_POINT_SIZE);
    glViewport(0, 0, kBenchWidth, kBenchHeight);
    glClearColor(0.1F, 0.12F, 0.14F, 1);
    glUniform2f(glGetUniformLocation(program, "size"), kBenchWidth, kBenchHeight);
    Camera camera = start;
    std::vector<double> times;
    for (int i = 0; i < kFrames; ++i) {
        camera.orbit(3, 0);
        const Projection p = camera.projection(1, kBenchWidth, kBenchHeight);
        QElapsedTimer timer;
        timer.start();
        const auto rowOf = [&](const char *name, const float *row) {
            // the origin goes into the constant
            const float constant =
                row[3] - row[0] * p.origin[0] - row[1] * p.origin[1] - row[2] * p.origin[2];
            glUniform4f(glGetUniformLocation(program, name), row[0], row[1], row[2], constant);
        };
        rowOf("rx", p.x);
        rowOf("ry", p.y);
        rowOf("rw", p.w);
        rowOf("rn", p.n);
        glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
        glDrawArrays(GL_POINTS, 0, GLsizei(points.size()));
        glFinish();
        times.push_back(double(timer.nsecsElapsed()) / 1e6);
    }
    std::vector<std::uint32_t> pixels(std::size_t(kBenchWidth) * kBenchHeight);
    glReadPixels(0, 0, kBenchWidth, kBenchHeight, GL_BGRA, GL_UNSIGNED_BYTE, pixels.data());
    const auto drawn =
        std::count_if(pixels.begin(), pixels.end(), [&](std::uint32_t p) { return p != pixels[0]; });
    if (drawn < 50'000)
        return {{}, QStringLiteral("OpenGL drew %1 pixels only").arg(drawn)};
    std::nth_element(times.begin(), times.begin() + kFrames / 2, times.end());
    return {times[kFrames / 2], {}};
}
#else
PeerTime openGlPoints(const PointSet &, const Camera &)
{
    return {{}, QStringLiteral("EGL was not there when this was built")};
}
#endif

} // namespace statescape::ui
