// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/procfs/proc_reader.h"

#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <random>

using namespace statescape;
using schema::Probe;
using schema::Slot;

namespace {
constexpr std::uint64_t kTick = 10'000'000; ///< ns at USER_HZ 100, which the recorded files were made with

std::uint32_t bit(Probe probe)
{
    return 1U << static_cast<unsigned>(probe);
}

std::string data(const char *name)
{
    return std::string(STATESCAPE_TEST_DATA "/") + name;
}

void write(const std::filesystem::path &path, std::string_view text)
{
    std::ofstream(path, std::ios::trunc) << text;
}

std::string readAll(const std::filesystem::path &path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Reading {
    explicit Reading(const std::string &base)
        : reader(procfs::ProcReader::open(base))
        , slots(schema::slotWords(), 77)
    {}
    std::uint32_t read() { return reader.read(~0U, slots); }
    std::uint64_t operator[](Slot slot) const { return slots[schema::slotOffset(slot)]; }
    procfs::ProcReader reader;
    std::vector<std::uint64_t> slots;
};
} // namespace

class ProcfsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (::sysconf(_SC_CLK_TCK) != 100)
            QSKIP("the recorded figures need a USER_HZ of 100");
    }

    void recordedFilesGiveTheirFigures()
    {
        Reading reading(data("linux-6.18"));
        QCOMPARE(reading.read(), bit(Probe::Cpu) | bit(Probe::Vm) | bit(Probe::Net) | bit(Probe::Pressure));
        const std::vector<std::pair<Slot, std::uint64_t>> expected{{Slot::CpuUserNs, 76520 * kTick},
                                                                   {Slot::CpuSystemNs, 11158 * kTick},
                                                                   {Slot::CpuIdleNs, 429438 * kTick},
                                                                   {Slot::CpuIowaitNs, 1164 * kTick},
                                                                   {Slot::CpuIrqNs, 170 * kTick},
                                                                   {Slot::CpuStealNs, 48 * kTick},
                                                                   {Slot::CpuInterrupts, 719735},
                                                                   {Slot::CpuSoftirqTimer, 52344 + 1},
                                                                   {Slot::CpuSoftirqNetRx, 2499},
                                                                   {Slot::CpuSoftirqBlock, 192113},
                                                                   {Slot::CpuSoftirqRcu, 106218},
                                                                   {Slot::CpuRunning, 1},
                                                                   {Slot::CpuBlocked, 2},
                                                                   {Slot::VmFaults, 29317849},
                                                                   {Slot::VmMajorFaults, 4116},
                                                                   {Slot::VmScanned, 0},
                                                                   {Slot::VmStolen, 0},
                                                                   {Slot::VmSwapIns, 0},
                                                                   {Slot::VmSwapOuts, 0},
                                                                   {Slot::VmRefaults, 575594},
                                                                   {Slot::VmFreed, 28678408},
                                                                   {Slot::VmAvailable, 23967672ULL * 1024},
                                                                   {Slot::VmDirty, 6280ULL * 1024},
                                                                   {Slot::VmAnon, 38400ULL * 1024},
                                                                   {Slot::VmSlab, 237000ULL * 1024},
                                                                   {Slot::VmTotal, 24683656ULL * 1024},
                                                                   {Slot::NetRxPackets, 29 + 2321},
                                                                   {Slot::NetRxBytes, 3267 + 101802330},
                                                                   {Slot::NetTxPackets, 29 + 1169},
                                                                   {Slot::NetTxBytes, 3267 + 96745},
                                                                   {Slot::NetDrops, 0},
                                                                   {Slot::NetUdpIn, 26},
                                                                   {Slot::NetUdpErrors, 0},
                                                                   {Slot::PsiCpuSome, 148318019},
                                                                   {Slot::PsiMemorySome, 0},
                                                                   {Slot::PsiMemoryFull, 0},
                                                                   {Slot::PsiIoSome, 9459290},
                                                                   {Slot::PsiIoFull, 8358741}};
        for (const auto &[slot, value] : expected)
            QVERIFY2(reading[slot] == value, std::string(schema::info(slot).key).c_str());
        QCOMPARE(reading[Slot::SchedSwitches], 77U);
        QCOMPARE(reading.reader.readFailures(), 0U);
    }

    void oddButValidFiles()
    {
        Reading reading(data("edge"));
        QCOMPARE(reading.read(), bit(Probe::Cpu) | bit(Probe::Vm) | bit(Probe::Net));
        QCOMPARE(reading[Slot::CpuUserNs], 110 * kTick);
        QCOMPARE(reading[Slot::CpuIrqNs], 7 * kTick);
        QCOMPARE(reading[Slot::CpuInterrupts], ~std::uint64_t{0});
        QCOMPARE(reading[Slot::CpuSoftirqTimer], 29U);
        QCOMPARE(reading[Slot::CpuBlocked], 2U);
        QCOMPARE(reading[Slot::VmRefaults], 4U);
        QCOMPARE(reading[Slot::VmScanned], 15U);
        QCOMPARE(reading[Slot::VmStolen], 11U);
        QCOMPARE(reading[Slot::NetRxPackets], 15U);
        QCOMPARE(reading[Slot::NetDrops], 10U);
        QCOMPARE(reading[Slot::NetUdpErrors], 13U);
        const auto &pressure = reading.reader.standing(Probe::Pressure);
        QVERIFY(pressure);
        QCOMPARE(pressure->code, base::Code::NotFound);
        QVERIFY(!pressure->hint.empty());
        QCOMPARE(reading.reader.readFailures(), 0U);
    }

    void kernelProbesAreNotFromProc()
    {
        const auto reader = procfs::ProcReader::open(data("edge"));
        QVERIFY(reader.standing(Probe::Scheduler));
        QCOMPARE(reader.standing(Probe::Scheduler)->code, base::Code::NotSupported);
    }

    void onlyWantedProbesAreRead()
    {
        Reading reading(data("edge"));
        QCOMPARE(reading.reader.read(bit(Probe::Vm), reading.slots), bit(Probe::Vm));
        QCOMPARE(reading[Slot::CpuUserNs], 77U);
        QCOMPARE(reading[Slot::VmFaults], 22U);
    }

    void idleTimeNeverStepsBack()
    {
        const QTemporaryDir folder;
        const auto base = folder.path().toStdString();
        std::filesystem::copy(data("edge"), base, std::filesystem::copy_options::recursive);
        Reading reading(base);
        reading.read();
        auto text = readAll(base + "/stat");
        text.replace(text.find("1000 20"), 7, " 999 18");
        write(base + "/stat", text);
        QVERIFY(reading.read() & bit(Probe::Cpu));
        QCOMPARE(reading[Slot::CpuIdleNs], 1000 * kTick);
        QCOMPARE(reading[Slot::CpuIowaitNs], 20 * kTick);
    }

    void unparsableFilesInvalidateTheirProbe_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("probe");
        const auto row = [](const char *name, const char *file, const char *text, Probe probe) {
            QTest::newRow(name) << file << text << static_cast<int>(probe);
        };
        row("empty stat", "stat", "", Probe::Cpu);
        row("stat without softirq", "stat",
            "cpu  1 1 1 1 1 1 1 1 0 0\nintr 1\nprocs_running 1\nprocs_blocked 0\n", Probe::Cpu);
        row("negative ticks", "stat",
            "cpu  -1 1 1 1 1 1 1 1 0 0\nintr 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 1 1 1 1 1 1 1 1 1 "
            "1 1\n",
            Probe::Cpu);
        row("short cpu line", "stat",
            "cpu  1 1\nintr 1\nprocs_running 1\nprocs_blocked 0\nsoftirq 1 1 1 1 1 1 1 1 1 1 1\n",
            Probe::Cpu);
        row("vmstat without faults", "vmstat", "pgfree 1\n", Probe::Vm);
        row("vmstat words", "vmstat", "pgfault many\n", Probe::Vm);
        row("meminfo cut", "meminfo", "MemTotal:  10", Probe::Vm);
        row("number too large", "meminfo", "MemTotal:  99999999999999999999 kB\n", Probe::Vm);
        row("net without header", "net/dev", "eth0: 1 1 1 1\n", Probe::Net);
        row("net cut", "net/dev", "a|b\nc|d\neth0: 1 2 3\n", Probe::Net);
        row("snmp without values", "net/snmp", "Udp: InDatagrams NoPorts InErrors\n", Probe::Net);
        row("pressure without total", "pressure/io", "some avg10=0.00\nfull avg10=0.00 total=3\n",
            Probe::Pressure);
        row("pressure without full", "pressure/io", "some avg10=0.00 total=3\n", Probe::Pressure);
        row("binary", "pressure/cpu", "\x01\x02\xff\xfe", Probe::Pressure);
    }

    void unparsableFilesInvalidateTheirProbe()
    {
        QFETCH(QString, file);
        QFETCH(QString, text);
        QFETCH(int, probe);
        const QTemporaryDir folder;
        const auto base = folder.path().toStdString();
        std::filesystem::copy(data("linux-6.18"), base, std::filesystem::copy_options::recursive);
        Reading reading(base);
        const auto all = reading.read();
        write(base + "/" + file.toStdString(), text.toLatin1().toStdString());
        QCOMPARE(reading.read(), all & ~(1U << static_cast<unsigned>(probe)));
        QCOMPARE(reading.reader.readFailures(), 1U);
        std::filesystem::copy_file(data("linux-6.18") + "/" + file.toStdString(),
                                   base + "/" + file.toStdString(),
                                   std::filesystem::copy_options::overwrite_existing);
        QCOMPARE(reading.read(), all);
    }

    void everyMutationIsRefusedOrRead()
    {
        const QTemporaryDir folder;
        const auto base = folder.path().toStdString();
        std::filesystem::copy(data("linux-6.18"), base, std::filesystem::copy_options::recursive);
        Reading reading(base);
        std::mt19937 random(1);
        std::uint64_t refused = 0;
        for (const char *file : {"stat", "vmstat", "meminfo", "net/dev", "net/snmp", "pressure/cpu"}) {
            const auto original = readAll(base + "/" + file);
            for (int i = 0; i < 300; ++i) {
                auto text = original.substr(0, random() % 4 ? original.size() : random() % original.size());
                for (int change = 0; change < 5 && !text.empty(); ++change)
                    text[random() % text.size()] = static_cast<char>(random());
                write(base + "/" + file, text);
                reading.read();
            }
            write(base + "/" + file, original);
            QVERIFY2(reading.reader.readFailures() > refused, file);
            refused = reading.reader.readFailures();
        }
        QCOMPARE(reading.read(), bit(Probe::Cpu) | bit(Probe::Vm) | bit(Probe::Net) | bit(Probe::Pressure));
    }

    void filesLargerThanTheBufferAreReadWhole()
    {
        const QTemporaryDir folder;
        const auto base = folder.path().toStdString();
        std::filesystem::copy(data("edge"), base, std::filesystem::copy_options::recursive);
        auto text = readAll(base + "/net/dev");
        for (int i = 0; i < 2000; ++i)
            text += "veth" + std::to_string(i) + ": 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
        write(base + "/net/dev", text);
        Reading reading(base);
        QVERIFY(reading.read() & bit(Probe::Net));
        QCOMPARE(reading[Slot::NetRxPackets], 2015U);
    }

    void thisKernelsFiles()
    {
        Reading before("/proc");
        const auto mask = before.read();
        QVERIFY(mask & bit(Probe::Cpu));
        QVERIFY(mask & bit(Probe::Vm));
        QVERIFY(mask & bit(Probe::Net));
        const auto faults = before[Slot::VmFaults];
        const auto user = before[Slot::CpuUserNs];
        constexpr std::size_t kPages = 4096;
        std::vector<char> touched(kPages * 4096);
        for (std::size_t i = 0; i < touched.size(); i += 4096)
            touched[i] = 1;
        timespec now{};
        do
            ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        while (now.tv_sec == 0 && now.tv_nsec < 300'000'000);
        QCOMPARE(before.read(), mask);
        QVERIFY(before[Slot::CpuUserNs] > user);
        QVERIFY(before[Slot::VmFaults] > faults);
        QVERIFY(before[Slot::VmAvailable] < before[Slot::VmTotal]);
        QCOMPARE(before.reader.readFailures(), 0U);
    }
};

QTEST_GUILESS_MAIN(ProcfsTest)
#include "tst_procfs.moc"
