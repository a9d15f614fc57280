// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "helper_client.h"
#include "private_bus.h"

#include <QTest>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;

namespace {
constexpr uid_t kNobody = 65534;
constexpr int kRefused = 127;

struct Start {
    const char *argument;
    const char *action;
};
constexpr Start kStarts[] = {{"--shipped", "org.statescape.helper.shipped"},
                             {"--user-probes", "org.statescape.helper.user-probes"},
                             {"--scripts", "org.statescape.helper.scripts"}};

std::string textOf(const std::string &path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string ruleFor(const std::string &action)
{
    return "polkit.addRule(function(action, subject) { if (action.id == \"" + action +
           "\" && subject.user == \"nobody\") return polkit.Result.YES; });\n";
}

bool exitedWith(std::optional<int> status, int code)
{
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == code;
}

/// The helper started by nobody through pkexec, from a shell of nobody's: pkexec judges its parent.
HelperClient::Options asNobody(const std::string &program, const std::string &arguments)
{
    return {kNobody, {"-c", "env -i PATH=/usr/bin:/bin pkexec " + program + " " + arguments + "; exit $?"}};
}

/// @return the process of @p program, or -1.
pid_t processOf(const std::string &program)
{
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator("/proc"))
        if (std::filesystem::read_symlink(entry.path() / "exe", error) == program)
            return std::stoi(entry.path().filename());
    return -1;
}

std::uint64_t statusOf(pid_t pid, const std::string &key, int base = 10)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + ":"))
            return std::stoull(line.substr(key.size() + 1), nullptr, base);
    return ~0ULL;
}
} // namespace

/// The shipped policy, understood by the real polkitd and obeyed by the real pkexec.
class PolkitTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to run a bus of its own");
        std::string name = "/tmp/statescape-test-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        std::filesystem::permissions(m_folder, std::filesystem::perms(0755));
        m_helper = m_folder + "/statescape-helper";
        std::filesystem::copy_file(STATESCAPE_BIN "/statescape-helper", m_helper);
        auto policy = textOf(STATESCAPE_SOURCE "/packaging/org.statescape.helper.policy.in");
        const std::string hole = "@STATESCAPE_HELPER_PATH@";
        for (auto at = policy.find(hole); at != std::string::npos; at = policy.find(hole))
            policy.replace(at, hole.size(), m_helper);
        if (const auto reason = m_bus.start(policy))
            QSKIP(reason->c_str());
        if (!m_bus.authorise(""))
            QSKIP("polkitd does not answer here");
    }

    void cleanupTestCase()
    {
        if (!m_folder.empty())
            std::filesystem::remove_all(m_folder);
    }

    void withoutARuleNobodyStartsIt_data() { modes(); }
    void withoutARuleNobodyStartsIt()
    {
        QFETCH(int, mode);
        QVERIFY(m_bus.authorise(""));
        HelperClient client("/bin/sh", asNobody(m_helper, kStarts[mode].argument));
        QVERIFY(!client.receive());
        QVERIFY(exitedWith(client.wait(), kRefused));
    }

    void aRuleForOneActionStartsThatOneOnly_data() { modes(); }
    void aRuleForOneActionStartsThatOneOnly()
    {
        QFETCH(int, mode);
        QVERIFY(m_bus.authorise(ruleFor(kStarts[mode].action)));
        for (int other = 0; other < 3; ++other) {
            HelperClient client("/bin/sh", asNobody(m_helper, kStarts[other].argument));
            if (other != mode) {
                QVERIFY2(!client.receive() && exitedWith(client.wait(), kRefused), kStarts[other].argument);
                continue;
            }
            const auto hello = client.receiveA<wire::Hello>(20'000);
            QVERIFY(hello);
            const auto pid = processOf(m_helper);
            QVERIFY(pid > 0);
            QCOMPARE(statusOf(pid, "Uid"), std::uint64_t{kNobody});
            QCOMPARE(statusOf(pid, "CapPrm", 16), 0U);
            QCOMPARE(statusOf(pid, "CapBnd", 16), 0U);
            client.closeInput();
            QVERIFY(exitedWith(client.wait(), 0));
        }
    }

    void anotherArgumentIsNotOurs_data()
    {
        QTest::addColumn<QString>("arguments");
        QTest::newRow("none") << "";
        QTest::newRow("unknown") << "--everything";
        QTest::newRow("with a value") << "--shipped=--scripts";
    }
    /// Falls to polkit's own action for any program, which no rule of ours touches.
    void anotherArgumentIsNotOurs()
    {
        QFETCH(QString, arguments);
        QVERIFY(m_bus.authorise(ruleFor(kStarts[0].action)));
        HelperClient client("/bin/sh", asNobody(m_helper, arguments.toStdString()));
        QVERIFY(!client.receive());
        QVERIFY(exitedWith(client.wait(), kRefused));
    }

    /// pkexec looks at the first argument only.
    void aSecondArgumentIsRefusedByTheHelper()
    {
        QVERIFY(m_bus.authorise(ruleFor(kStarts[0].action)));
        for (const char *arguments :
             {"--shipped --scripts", "--shipped --user-probes", "--shipped --shipped"}) {
            HelperClient client("/bin/sh", asNobody(m_helper, arguments));
            QVERIFY(!client.receive());
            QVERIFY2(exitedWith(client.wait(), 2), arguments);
        }
    }

    void polkitReadsThePolicyAsMeant_data() { modes(); }
    void polkitReadsThePolicyAsMeant()
    {
        QFETCH(int, mode);
        const std::string command = std::string("pkaction --verbose --action-id ") + kStarts[mode].action;
        FILE *pipe = ::popen(command.c_str(), "re");
        std::string text;
        for (int c = 0; (c = std::fgetc(pipe)) != EOF;)
            text += static_cast<char>(c);
        QCOMPARE(::pclose(pipe), 0);
        const bool keeps = mode != 2;
        QVERIFY2(text.find("implicit any:      auth_admin\n") != std::string::npos, text.c_str());
        QVERIFY2(text.find("implicit inactive: auth_admin\n") != std::string::npos, text.c_str());
        QVERIFY2(text.find(keeps ? "implicit active:   auth_admin_keep\n"
                                 : "implicit active:   auth_admin\n") != std::string::npos,
                 text.c_str());
        QVERIFY2(text.find(std::string("exec.argv1 -> ") + kStarts[mode].argument) != std::string::npos,
                 text.c_str());
        QVERIFY2(text.find(m_helper) != std::string::npos, text.c_str());
    }

private:
    static void modes()
    {
        QTest::addColumn<int>("mode");
        for (int i = 0; i < 3; ++i)
            QTest::newRow(kStarts[i].argument) << i;
    }
    PrivateBus m_bus;
    std::string m_folder;
    std::string m_helper;
};

QTEST_GUILESS_MAIN(PolkitTest)
#include "tst_polkit.moc"
