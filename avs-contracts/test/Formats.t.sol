// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {ZkVerifyAggregation} from "../src/devnet/ZkVerifyAggregation.sol";
import {BatchRuleHarness} from "../src/harness/BatchRuleHarness.sol";
import {IZkVerifyAggregation} from "../src/interfaces/IZkVerifyAggregation.sol";
import {BatchRule} from "../src/libraries/BatchRule.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {Order, Section} from "../src/types/Types.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @dev Values that others computed: zkVerify's runtime and contracts, the batch rule's worked example.
contract FormatsTest is Test {
    bytes32 private constant SP1_STATEMENT =
        0x1d9630f3df6630acc16075d05174a648d2c962bf2d34cabcd8a8e18be96775df;
    bytes32 private constant GROTH16_STATEMENT =
        0x63119b9c316fdbfb55676fd6fc5de671e40db049cab16b5b0e43b693d581e66e;
    bytes32 private constant ULTRAPLONK_STATEMENT =
        0xbf6ece54635da4a0ccbe130a251c8edca773236c5aa933aa9a37ffd369300672;

    BatchRuleHarness private harness = new BatchRuleHarness();
    ZkVerifyAggregation private zkVerify = new ZkVerifyAggregation(address(this), address(this));

    function test_statement__constants__are_the_references() public pure {
        assertEq(
            Statement.SP1_CONTEXT,
            0x5f72ae40f67eadbc75305cbcc51d1fed427ff323a09f5fab9c609224139a5c8c
        );
        assertEq(
            Statement.GROTH16_CONTEXT,
            0x359ae2ccd87b570b49c699e3bb41c0b958bf229c8058a3dd04bd8ee2ac22c2a0
        );
        assertEq(Statement.EMPTY_VERSION, sha256(""));
    }

    function test_statement__sp1_proof_of_the_real_runtime__matches() public view {
        assertEq(
            harness.sp1Statement(
                0x45946758049372c74bceb6ba6526a9661b1915a3403125e470d5ff7f6c15c0dd,
                hex"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
            ),
            SP1_STATEMENT
        );
    }

    function test_statement__groth16_proof_of_one_input__matches() public pure {
        assertEq(
            Statement.groth16(
                0x0b73d0a95f9b4ce2ab7bb7fd474a4cb9cd5e04086526c0c873d0bdd5a61e23d7,
                hex"a75d1fe3e7eb2f0bd2d88886c679582b85a74ee4a6b77b2d07617b85089da420"
            ),
            GROTH16_STATEMENT
        );
    }

    function test_sp1Groth16Inputs__five_scalars__little_endian_and_masked() public pure {
        bytes memory values = hex"140000006d1a0000d30b0000";
        bytes memory inputs = Statement.sp1Groth16Inputs(
            bytes32(uint256(0x0102)), values, bytes32(uint256(0x03)), uint256(0x0405) << 240
        );
        assertEq(inputs.length, 160);
        assertEq(_word(inputs, 0), bytes32(hex"0201"));
        uint256 digest = uint256(Statement.littleEndian(uint256(_word(inputs, 1))));
        assertEq(digest, uint256(sha256(values)) % (1 << 253));
        assertEq(_word(inputs, 2), bytes32(0));
        assertEq(_word(inputs, 3), bytes32(hex"03"));
        assertEq(_word(inputs, 4), bytes32(uint256(0x0504)));
    }

    function testFuzz_littleEndian__twice__is_the_identity(uint256 v) public pure {
        bytes32 reversed = Statement.littleEndian(v);
        for (uint256 i; i < 32; ++i) {
            assertEq(reversed[i], bytes32(v)[31 - i]);
        }
    }

    function test_merkle__three_statements__root_and_paths_match() public {
        bytes32[] memory leaves = new bytes32[](3);
        (leaves[0], leaves[1], leaves[2]) = (SP1_STATEMENT, GROTH16_STATEMENT, ULTRAPLONK_STATEMENT);
        bytes32 root = harness.ordersRoot(leaves);
        assertEq(root, 0x6bb544306a7d75062a564d6de913fdb3699eb31349e782592bbdb695059b7220);
        zkVerify.submitAggregation(1, 2, root);
        bytes32[] memory path = new bytes32[](1);
        path[0] = 0x652fea6738a5f48cc7d712b3f39225f4546ddf3464dc7a66cc16bd1ee91ad92d;
        assertTrue(zkVerify.verifyProofAggregation(1, 2, ULTRAPLONK_STATEMENT, path, 3, 2));
        assertFalse(zkVerify.verifyProofAggregation(1, 2, SP1_STATEMENT, path, 3, 2));
        path = new bytes32[](2);
        path[0] = 0x5c7f0b484547b445eb605b57b634ad93a2b9e23fa72703c27bd661319037ad43;
        path[1] = 0x05c3108a7986770ad69be1e0ed049af70d0279b95b07c08bd6b95d58912d7844;
        assertTrue(zkVerify.verifyProofAggregation(1, 2, SP1_STATEMENT, path, 3, 0));
    }

    function test_merkle__one_repeated_and_no_leaf__match() public view {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = SP1_STATEMENT;
        assertEq(
            harness.ordersRoot(leaves),
            0x5bf58ee38e40acd00fc96078024b5179203f1607575a4e96f7594f1c41e2621c
        );
        leaves = new bytes32[](3);
        (leaves[0], leaves[1], leaves[2]) = (SP1_STATEMENT, SP1_STATEMENT, SP1_STATEMENT);
        assertEq(
            harness.ordersRoot(leaves),
            0x6afbed9b2db40c0419ccc7368a1f962958354b777e22c67f792166ee987d48e4
        );
        assertEq(harness.ordersRoot(new bytes32[](0)), bytes32(0));
    }

    function test_merkle__seven_numbers__root_and_last_path_match() public view {
        bytes32[] memory leaves = new bytes32[](7);
        for (uint256 i; i < 7; ++i) {
            leaves[i] = bytes32(i + 1);
        }
        bytes32 root = 0xd2297c32eeb9a5378d85368ed029315498d1b40d9b03e9ad93bee97a382b47c8;
        assertEq(harness.ordersRoot(leaves), root);
        bytes32[] memory path = new bytes32[](2);
        path[0] = 0x75d78cae9ac952a6bdb1d50ff7497e0fc5986fff3e26261710f96f2e29ff6552;
        path[1] = 0x1e8cc8511a4954df48a80e5f5b8da3419a99ba3e7697574234e10893022167fc;
        assertEq(harness.rootOfPath(bytes32(uint256(7)), path, 7, 6), root);
    }

    // --- the stand-in of zkVerify's contract ---

    function test_zkVerify__interface__has_the_references_selectors() public view {
        assertEq(zkVerify.verifyProofAggregation.selector, bytes4(0xa78f9e36));
        assertEq(zkVerify.proofsAggregations.selector, bytes4(0x4264b0dc));
        assertEq(zkVerify.submitAggregation.selector, bytes4(0xda9b506e));
        assertEq(zkVerify.submitAggregationBatchByDomainId.selector, bytes4(0xf3aff075));
        assertEq(IZkVerifyAggregation.IndexOutOfBounds.selector, bytes4(0x4e23d035));
        assertEq(IZkVerifyAggregation.InvalidBatchCounts.selector, bytes4(0x73d99d37));
        assertEq(
            IZkVerifyAggregation.AggregationPosted.selector,
            0x431e1446261f5ed64f6fcd5c8a75fe76dcc7c2c207555eeb6cf27749e78ca226
        );
        assertEq(
            zkVerify.OPERATOR(), 0x523a704056dcd17bcf83bed8b68c59416dac1119be77755efe3bde0a64e46e0c
        );
    }

    function test_zkVerify__batch_and_overwrite__post_every_root() public {
        uint256[] memory ids = new uint256[](2);
        bytes32[] memory roots = new bytes32[](2);
        (ids[0], ids[1], roots[0], roots[1]) = (4, 5, bytes32("a"), bytes32("b"));
        vm.expectEmit(address(zkVerify));
        emit IZkVerifyAggregation.AggregationPosted(3, 4, "a");
        vm.expectEmit(address(zkVerify));
        emit IZkVerifyAggregation.AggregationPosted(3, 5, "b");
        zkVerify.submitAggregationBatchByDomainId(3, ids, roots);
        zkVerify.submitAggregation(3, 4, "c");
        assertEq(zkVerify.proofsAggregations(3, 4), "c");
        assertEq(zkVerify.proofsAggregations(3, 5), "b");
    }

    function test_zkVerify__bad_calls__are_refused() public {
        bytes32[] memory path = new bytes32[](0);
        assertFalse(zkVerify.verifyProofAggregation(9, 9, "leaf", path, 1, 0));
        vm.expectRevert(IZkVerifyAggregation.IndexOutOfBounds.selector);
        zkVerify.verifyProofAggregation(9, 9, "leaf", path, 0, 0);
        vm.expectRevert(IZkVerifyAggregation.InvalidBatchCounts.selector);
        zkVerify.submitAggregationBatchByDomainId(1, new uint256[](1), path);
        bytes32 role = zkVerify.OPERATOR();
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, address(1), role
            )
        );
        vm.prank(address(1));
        zkVerify.submitAggregation(1, 1, "root");
    }

    // --- the batch rule ---

    function test_rule__worked_example__matches_the_page() public view {
        (Section memory s, Order[] memory orders) = _example();
        (uint256[] memory nets, uint256 ledger0, uint256 ledger1) =
            harness.payouts(s, orders, 2900, 0);
        assertEq(nets[0], 2441);
        assertEq(nets[1], 1223);
        assertEq(nets[2], 309);
        assertEq(ledger0, 1);
        assertEq(ledger1, 13);
        (nets, ledger0, ledger1) = harness.payouts(s, orders, 2950, 0);
        assertEq(nets[0], 2475);
        assertEq(nets[1], 1239);
        assertEq(ledger0, 1);
        assertEq(ledger1, 13);
    }

    function test_rule__borders__are_refused() public {
        (Section memory s, Order[] memory orders) = _example();
        vm.expectRevert(abi.encodeWithSelector(BatchRule.OutputOutOfRange.selector, 2899));
        harness.payouts(s, orders, 2899, 0);
        vm.expectRevert(abi.encodeWithSelector(BatchRule.OutputOutOfRange.selector, 1 << 128));
        harness.payouts(s, orders, 1 << 128, 0);
        s.feeBps = 10_001;
        vm.expectRevert(abi.encodeWithSelector(BatchRule.FeeTooHigh.selector, 10_001));
        harness.payouts(s, orders, 2900, 0);
        s.feeBps = 30;
        orders[1].amountIn = 0;
        vm.expectRevert(abi.encodeWithSelector(BatchRule.ZeroAmount.selector, 1));
        harness.payouts(s, orders, 2900, 0);
        (orders[0].amountIn, orders[1].amountIn) = (type(uint128).max, 1);
        vm.expectRevert(BatchRule.SideTooLarge.selector);
        harness.payouts(s, orders, 2900, 0);
    }

    function test_rule__largest_values__do_not_overflow() public view {
        Section memory s;
        Order[] memory orders = new Order[](1);
        orders[0].amountIn = type(uint128).max;
        orders[0].zeroForOne = true;
        (s.priceX128, s.remainderIn, s.remainderZeroForOne) =
        (type(uint256).max, type(uint128).max, true);
        (uint256[] memory nets,, uint256 ledger1) = harness.payouts(s, orders, type(uint128).max, 0);
        assertEq(nets[0], type(uint128).max);
        assertEq(ledger1, 0);
    }

    function _example() private pure returns (Section memory s, Order[] memory orders) {
        orders = new Order[](3);
        (orders[0].amountIn, orders[0].zeroForOne) = (1000, true);
        (orders[1].amountIn, orders[1].zeroForOne) = (501, true);
        (orders[2].amountIn, orders[2].zeroForOne) = (777, false);
        s.priceX128 = 5 << 127;
        s.feeBps = 30;
        (s.remainderZeroForOne, s.remainderIn, s.minOut) = (true, 1191, 2900);
    }

    function _word(bytes memory data, uint256 index) private pure returns (bytes32 word) {
        assembly {
            word := mload(add(add(data, 0x20), mul(index, 0x20)))
        }
    }
}
